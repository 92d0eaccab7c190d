/** Exchangers that break one rule each: what shows that a check can fail. */

import type { ErrorClass } from '@credex/core/driver';
import { describe, expect, it } from 'vitest';
import type { Ability, ExchangerHarness } from '../conformance.js';
import { exchangerConformance } from '../conformance.js';
import type { SampleCredential, SampleExchanger, SampleRequest } from './sample.fixture.js';
import { AnswerError, classifySample, sampleHarness } from './sample.fixture.js';

type Sample = ReturnType<typeof sampleHarness>;
export type Harness = ExchangerHarness<SampleCredential, SampleRequest>;

/** What is different about an exchanger that keeps every rule. */
type Change = (own: SampleExchanger, sample: Sample) => Partial<SampleExchanger>;

/** What it does, words of the name of the test that has to fail, and how it does it. */
export type Breach = readonly [what: string, rule: string, change: Change];

/** The names of the tests that fail, of those whose name has these words. */
export async function broken(
  factory: () => Harness,
  rule: string,
  without: readonly Ability[] = [],
): Promise<readonly string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = [];
  const runner = {
    describe: (_name: string, body: () => void) => body(),
    it: (name: string, body: () => Promise<void>) => tests.push({ name, body }),
  };
  exchangerConformance(runner, factory, { name: 'broken', without });
  const names: string[] = [];
  const asked = tests.filter(({ name }) => name.includes(rule));
  expect(asked, `tests of '${rule}'`).not.toEqual([]);
  for (const { name, body } of asked) await body().catch(() => names.push(name));
  return names;
}

/** A sample with the change in every exchanger that its harness offers. */
export function sampleWith(change: Change): Harness {
  const sample = sampleHarness();
  const changed = ({ exchanger, request }: Harness['equal']): Harness['equal'] => ({
    exchanger: { ...exchanger, ...change(exchanger, sample) },
    request,
  });
  const different = Object.entries(sample.different).map(([name, asked]) => [name, changed(asked)]);
  return {
    ...sample,
    ...changed(sample),
    equal: changed(sample.equal),
    different: Object.fromEntries(different) as Harness['different'],
  };
}

export const exchangeWith =
  (exchange: (own: SampleExchanger, sample: Sample) => SampleExchanger['exchange']): Change =>
  (own, sample) => ({ exchange: exchange(own, sample) });

/** Another answer than the sample's. */
export const answerWith = (change: (found: ErrorClass, error: unknown) => ErrorClass): Change =>
  classifyWith((error) => change(classifySample(error), error));

/** Makes a hint of the server's words, which hold the token. */
export const quoting = (found: ErrorClass, error: unknown): ErrorClass => ({
  ...found,
  hint: error instanceof AnswerError ? error.answer.body : undefined,
});

export const classifyWith =
  (classify: SampleExchanger['classify']): Change =>
  () => ({ classify });

/** The same by a promise, as where what explains failures is loaded with the first of them. */
export const later =
  (change: Change): Change =>
  (own, sample) => {
    const { classify = own.classify } = change(own, sample);
    return { classify: async (...error) => classify(...error) };
  };

export const credentialWith = (change: object): Change =>
  exchangeWith((own) => async (request, context) => {
    const issued = await own.exchange(request, context);
    return { ...issued, credential: { ...issued.credential, ...change } };
  });

export function describeBreaches(breaches: readonly Breach[]): void {
  describe('what breaks a rule is found', () => {
    it.each(breaches)(
      '%s',
      async (_what, rule, change) => {
        expect(await broken(() => sampleWith(change), rule)).toContainEqual(expect.stringContaining(rule));
        // What goes on after its signal, or takes its time, is waited for.
      },
      30_000,
    );
  });
}
