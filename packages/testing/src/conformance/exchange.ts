/** How the exchange goes about it: the subject, the steps, the signals, the console. */

import assert from 'node:assert/strict';
import type { Credential } from '@credex/core';
import { wordsWith, type Check, type ConformanceOptions, type ExchangerHarness } from './harness.js';
import { FAILURES } from './failures.js';
import { eventually, settlesWithin } from './machine.js';
import { issuedBy, start, thrownBy } from './trial.js';

/** Lies in wait where a subject token is found on Vercel: an exchanger has its own from core alone. */

const REQUEST_CONTEXT = Symbol.for('@vercel/request-context');
const VARIABLE = 'VERCEL_OIDC_TOKEN';
const DECOY = 'decoy.decoy.decoy';

interface Watched<T> {
  readonly result: T;
  /** How often the request context was read. */
  readonly reads: number;
}

async function amongDecoys<T>(run: () => Promise<T>): Promise<Watched<T>> {
  const holder = globalThis as Record<symbol, unknown>;
  const before = { context: holder[REQUEST_CONTEXT], variable: process.env[VARIABLE] };
  let reads = 0;
  holder[REQUEST_CONTEXT] = {
    get() {
      reads += 1;
      return { headers: { 'x-vercel-oidc-token': DECOY } };
    },
  };
  process.env[VARIABLE] = DECOY;
  try {
    return { result: await run(), reads };
  } finally {
    holder[REQUEST_CONTEXT] = before.context;
    if (before.variable === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before.variable;
  }
}

/** How soon an exchange ends when it is told to. */
const PROMPT_MS = 1_000;

class NoSubject extends Error {}

async function endsWith<C extends Credential, R>(
  which: 'whole' | 'step',
  harness: ExchangerHarness<C, R>,
  { fetch }: ConformanceOptions,
): Promise<void> {
  const { good } = harness.tokens;
  harness.behave('hang', wordsWith(good));
  const controller = new AbortController();
  const trial = start(harness, { jwt: good, fetch, [which]: controller.signal });
  assert.ok(await eventually(() => harness.received() > 0), 'No request arrived.');
  controller.abort(new DOMException('The request took too long.', 'TimeoutError'));
  assert.ok(await settlesWithin(PROMPT_MS, trial.outcome), 'The exchange goes on after its signal fired.');
  assert.ok((await trial.outcome).error !== undefined, 'An exchange without an answer brought a credential.');
}

export const EXCHANGE_CHECKS: readonly Check[] = [
  {
    name: 'exchange: asks for the subject once, and takes the token from nowhere else',
    needs: ['subject'],
    async run(harness, { fetch }) {
      const { result, reads } = await amongDecoys(async () => {
        const trial = start(harness, { jwt: harness.tokens.good, fetch });
        return { trial, outcome: await trial.outcome };
      });
      assert.ok(result.outcome.error === undefined, 'The exchange of a good token failed.');
      assert.equal(result.trial.subjects(), 1, '`context.subject()` is for one call.');
      assert.equal(reads, 0, 'The request context was read.');
    },
  },
  {
    name: 'exchange: without a subject it sends nothing, and hands on why there is none',
    needs: ['subject'],
    async run(harness, { fetch }) {
      const noSubject = new NoSubject('There is no subject.');
      const thrown = await thrownBy(harness, { jwt: harness.tokens.good, fetch, noSubject });
      assert.ok(thrown === noSubject, 'What `context.subject()` threw was turned into something else.');
      assert.equal(harness.received(), 0);
    },
  },
  {
    name: 'exchange: takes a step for each request',
    async run(harness, { fetch }) {
      const trial = start(harness, { jwt: harness.tokens.good, fetch });
      assert.ok((await trial.outcome).error === undefined, 'The exchange of a good token failed.');
      assert.ok(trial.steps().length > 0, 'There was no step.');
      assert.ok(
        trial.steps().every((host) => typeof host === 'string' && host !== ''),
        'A step has no host.',
      );
      assert.equal(harness.received(), trial.steps().length, 'Requests and steps are not the same number.');
    },
  },
  {
    name: 'exchange: holds nothing; each one asks the server',
    async run(harness, { fetch }) {
      await issuedBy(harness, { jwt: harness.tokens.good, fetch });
      const first = harness.received();
      await issuedBy(harness, { jwt: harness.tokens.good, fetch });
      assert.equal(harness.received(), 2 * first);
    },
  },
  {
    name: 'exchange: two at once are kept apart',
    needs: ['subject', 'other-identity-token'],
    async run(harness, { fetch }) {
      const { good, otherIdentity = '' } = harness.tokens;
      const [mine, theirs] = [
        start(harness, { jwt: good, fetch }),
        start(harness, { jwt: otherIdentity, fetch }),
      ];
      assert.ok(
        (await theirs.outcome).error !== undefined,
        'The token of another identity brought a credential.',
      );
      assert.ok((await mine.outcome).error === undefined, 'The good token was refused.');
    },
  },
  {
    name: 'exchange: tries once; retries are made above it',
    needs: ['unavailable'],
    async run(harness, { fetch }) {
      harness.behave('unavailable', wordsWith(harness.tokens.good));
      const trial = start(harness, { jwt: harness.tokens.good, fetch });
      assert.ok((await trial.outcome).error !== undefined);
      assert.equal(harness.received(), trial.steps().length, 'Requests and steps are not the same number.');
      assert.equal(new Set(trial.steps()).size, trial.steps().length, 'A step was taken twice.');
    },
  },
  {
    name: 'exchange: sends nothing once its time is over',
    async run(harness, { fetch }) {
      await thrownBy(harness, { jwt: harness.tokens.good, fetch, whole: AbortSignal.abort() });
      assert.equal(harness.received(), 0);
    },
  },
  {
    name: "exchange: ends with the step's signal",
    needs: ['hang'],
    run: (harness, options) => endsWith('step', harness, options),
  },
  {
    name: 'exchange: ends with `context.signal`',
    needs: ['hang'],
    run: (harness, options) => endsWith('whole', harness, options),
  },
  {
    name: 'exchange: prints nothing, whatever the server does',
    async run(harness, { fetch, without = [] }) {
      const { good } = harness.tokens;
      const behaviours = FAILURES.map(({ behaviour }) => behaviour).filter((one) => !without.includes(one));
      for (const behaviour of ['succeed', ...behaviours] as const) {
        if (behaviour !== 'succeed') harness.behave(behaviour, wordsWith(good));
        const trial = start(harness, { jwt: good, fetch });
        await trial.outcome;
        // What was printed may be the token: how much is told, not what.
        assert.equal(trial.printed.length, 0, `Something was printed when the server said '${behaviour}'.`);
      }
    },
  },
];
