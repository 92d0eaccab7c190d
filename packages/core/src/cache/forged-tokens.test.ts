/** A flood of different forged tokens, among good identities. The clock is manual. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Attempt, Fixture } from '../provider.fixture.js';
import { makeJwt, refusal, settle, sourceOf, fixture } from '../provider.fixture.js';
import { createCredentialCache } from './cache.js';
import { FAILURES_PER_SECOND, MOST_FAILURES, MOST_UNDER_WAY } from './own-token.js';

afterEach(() => vi.unstubAllGlobals());

const TOKENS = 1_500;
const AT_ONCE = 500;
const SECONDS_APART = 1;
const GOOD = Array.from({ length: 20 }, (_, n) => `good-${n}`);

function ask(w: Fixture, sub: string): Promise<unknown> {
  const jwt = makeJwt({ sub });
  return w.provider(sourceOf(() => jwt, { identityKey: undefined })).getCredentials();
}

/** Asks until there is a credential, as a caller that obeys `retryAfterMs` does; how long it took. */
async function untilServed(w: Fixture, sub: string): Promise<number> {
  const start = w.clock.now();
  for (;;) {
    const got = await Promise.race([
      ask(w, sub).then(
        () => true,
        () => false,
      ),
      settle().then(() => settle()),
    ]);
    if (got === true) return w.clock.now() - start;
    await w.clock.advance(500);
  }
}

async function flood(w: Fixture): Promise<{ readonly newcomer: number; readonly most: number }> {
  for (const sub of GOOD) await ask(w, sub);
  const before = w.attempts.length;
  let newcomer = Number.NaN;
  let most = 0;
  for (let sent = 0; sent < TOKENS; sent += AT_ONCE) {
    const forged = Array.from({ length: AT_ONCE }, (_, n) =>
      ask(w, `forged-${sent + n}`).then(
        () => expect.unreachable('a forged token brought a credential'),
        () => undefined,
      ),
    );
    await settle();
    if (sent === 1_000) newcomer = await untilServed(w, 'newcomer');
    await w.clock.advance(SECONDS_APART * 1_000);
    const { entries, candidates, refreshes } = w.cache.state;
    most = Math.max(most, entries.size + candidates.size + refreshes.size);
    void Promise.all(forged);
  }
  await w.clock.advance(60_000);
  const exchanged = w.attempts.length - before;
  const seconds = (TOKENS / AT_ONCE) * SECONDS_APART + 60 + newcomer / 1_000;
  expect(exchanged).toBeLessThan(
    MOST_FAILURES + MOST_UNDER_WAY * 2 + seconds * (FAILURES_PER_SECOND + MOST_UNDER_WAY),
  );
  for (const sub of GOOD) await ask(w, sub);
  return { newcomer, most };
}

const isForged = ({ sub }: Attempt): boolean => sub?.startsWith('forged') === true;
const KINDS: readonly (readonly [string, (attempt: Attempt) => Promise<never>])[] = [
  ['are refused at once', () => Promise.reject(refusal('access_denied'))],
  [
    'hang',
    ({ signal }: Attempt) =>
      new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      ),
  ],
];

describe.each<readonly [string, () => unknown]>([
  ['Node', (): unknown => undefined],
  ['an edge isolate', (): unknown => vi.stubGlobal('EdgeRuntime', 'edge-runtime')],
])('on %s, 1,500 forged tokens', (_runtime, isolate) => {
  it.each(KINDS)(
    'whose exchanges %s evict no credential, and a newcomer is served within 10 s',
    { timeout: 120_000 },
    async (_how, answer) => {
      isolate();
      const w = fixture({ cache: createCredentialCache({ maxEntries: 100 }) });
      w.answer = (attempt) => (isForged(attempt) ? answer(attempt) : undefined);
      const { newcomer, most } = await flood(w);
      expect(newcomer).toBeLessThanOrEqual(10_000);
      const goodOnes = w.attempts.filter((attempt) => !isForged(attempt));
      // One exchange for each good identity and the newcomer: none was evicted, none was asked for again.
      expect(goodOnes).toHaveLength(GOOD.length + 1);
      expect(w.cache.state.entries.size).toBe(GOOD.length + 1);
      expect(w.cache.state.candidates.size).toBeLessThanOrEqual(100);
      expect(most).toBeLessThanOrEqual(100 + 100 + MOST_UNDER_WAY);
      expect(w.cache.state.refreshes.size).toBe(0);
      expect(w.clock.timers()).toBe(0);
    },
  );
});

it('refuses a caller when the limit is reached, and still serves callers with a cached credential', async () => {
  const w = fixture();
  w.answer = (attempt) => (isForged(attempt) ? new Promise(() => undefined) : undefined);
  await ask(w, 'good');
  const hanging = Array.from({ length: MOST_UNDER_WAY }, (_, n) =>
    ask(w, `forged-${n}`).catch(() => undefined),
  );
  await settle();
  await expect(ask(w, 'one-more')).rejects.toMatchObject({
    code: 'throttled',
    retryable: true,
    retryAfterMs: 500, // Between 250 and 750; the harness draws the middle.
    hint: expect.stringContaining('@credex/verify') as string,
  });
  await ask(w, 'good');
  // A second later the oldest has had its time.
  await w.clock.advance(1_000);
  await ask(w, 'one-more');
  await w.clock.advance(30_000);
  await Promise.all(hanging);
});
