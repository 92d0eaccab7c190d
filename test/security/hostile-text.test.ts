/** Names, options, variables and claims that others wrote stand in the errors of every public function escaped and cut. */

import { mkdtempSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CLAIMS,
  NOW,
  Recorder,
  bareEnvironment,
  clock,
  jwt,
  namesKnownTo,
  variablesReadBy,
} from './polluted.js';
import type { PublicFunction } from './public-functions.js';
import { publicFunctions } from './public-functions.js';

/** The longest value that a message quotes: see SECURITY.md. */
const LONGEST = 256;
/** A newline is ours where a configuration has several problems; a hostile one would bring the mark to a line's start. */
const RAW = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^\s*mark/mu;
const BAD = 'a\u001b[2J\u009b1m\u202e\u2066\u200b\u00ad\u2028\r\nmark\ud800';
const HOSTILE = [BAD, `${BAD}${'z'.repeat(20_000)}`];

vi.setConfig({ testTimeout: 30_000 });

const folder = mkdtempSync(join(tmpdir(), 'credex-hostile-text-'));
let warnings: string[] = [];

beforeEach(() => {
  bareEnvironment();
  warnings = [];
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function refuse(this: Socket) {
    return this.destroy(new Error('There is no network here.'));
  });
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Everything of an error that a log prints: its members, and its causes. */
function textsOf(error: unknown, depth = 0): readonly string[] {
  if (typeof error === 'string') return [error];
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const names = error instanceof Error ? ['message', 'cause', ...Object.keys(error)] : Object.keys(error);
  return [...new Set(names)].flatMap((name) => textsOf((error as Record<string, unknown>)[name], depth + 1));
}

async function expectClean(what: string, work: () => unknown): Promise<void> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  for (const text of [...textsOf(thrown), ...warnings]) {
    expect(text, what).not.toMatch(RAW);
    for (const [run] of text.matchAll(/z{200,}/g)) expect(run.length, what).toBeLessThanOrEqual(LONGEST);
  }
}

const respond = (): Response =>
  Response.json({ error: BAD, error_description: BAD, message: BAD, code: BAD });

function call(one: PublicFunction, options: object, token?: string): Promise<unknown> {
  const recorder = new Recorder(respond);
  if (token !== undefined) Object.defineProperty(recorder, 'token', { value: token });
  const onEvent = (event: { readonly message?: string }): void => void warnings.push(event.message ?? '');
  const network = one.network ? { fetch: recorder.fetch, clock } : {};
  const events = one.name.endsWith('Provider') ? { onEvent } : {};
  return one.run(recorder, { ...network, ...events, ...one.least, ...options });
}

describe.each(publicFunctions(folder).map((one) => [one.name, one] as const))('%s', (_name, one) => {
  it('shows a hostile option, or its name, escaped and cut', async () => {
    for (const bad of HOSTILE) {
      await expectClean('an unknown name', () => one.known({ [bad]: 1 }));
      await expectClean('an unknown name', () => call(one, { [bad]: 1 }));
      for (const name of await namesKnownTo(one.known))
        for (const value of [
          bad,
          [bad],
          { [bad]: bad, projectId: bad, environment: bad },
          new URL(`x:${bad}`),
        ])
          await expectClean(name, () => call(one, { [name]: value }));
    }
  });

  it('shows a hostile environment variable escaped and cut', async () => {
    for (const name of await variablesReadBy(() => call(one, {}).catch(() => undefined)))
      for (const bad of HOSTILE) {
        vi.stubEnv(name, bad);
        await expectClean(name, () => call(one, {}));
        vi.stubEnv(name, undefined);
      }
  });

  it('shows hostile claims and responses escaped and cut', async () => {
    await expectClean('a response', () => call(one, {}));
    for (const claim of [...Object.keys(CLAIMS), BAD])
      for (const bad of [BAD, `${BAD}${'z'.repeat(5_000)}`])
        for (const value of [bad, [bad], { [bad]: bad }])
          await expectClean(claim, () =>
            call(one, { expect: { projectId: 'prj_other' } }, jwt({ ...CLAIMS, [claim]: value })),
          );
  });
});
