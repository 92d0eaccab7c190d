import { describe, expect, it } from 'vitest';
import { FederationError } from '../federation-error.js';
import { refusal, fixture } from '../provider.fixture.js';
import { createCredentialCache } from './cache.js';

/**
 * The refresh vectors that the AWS SDKs share, as a table: what is cached, what is done, what the caller gets, and
 * whether the source was contacted. Backoff is 420 s: 300 s and 0.4 of another 300 s.
 */

type Held = 'valid' | 'in the window ahead' | 'in the last minute' | 'expired' | 'none';
type Answer = 'fail' | 'stale' | 'no' | { readonly ok: number };
type Step =
  | {
      readonly get: Answer | undefined;
      readonly gives: 'held' | 'new' | 'no credentials' | 'the error' | 'the same error';
      readonly asked: boolean;
      /** Seconds ahead of the end at which the new credential is refreshed. */
      readonly window?: number;
    }
  | { readonly wait: number }
  /** The key of a credential that a service refused; A is cached unless the table says B. */
  | { readonly invalidate: 'A' };

interface Vector {
  readonly n: number;
  readonly held: Held;
  readonly key?: 'A' | 'B';
  readonly configured?: number;
  readonly steps: readonly Step[];
}

const ok = (seconds = 3_600): Answer => ({ ok: seconds });
const asks = (
  answer: Answer,
  gives: 'held' | 'new' | 'no credentials' | 'the error',
  window?: number,
): Step => ({
  get: answer,
  gives,
  asked: true,
  ...(window === undefined ? {} : { window }),
});
const asksNot = (gives: 'held' | 'the same error'): Step => ({ get: undefined, gives, asked: false });
const wait = (seconds: number): Step => ({ wait: seconds });
const INVALIDATE_A: Step = { invalidate: 'A' };

const VECTORS: readonly Vector[] = [
  { n: 1, held: 'valid', steps: [asksNot('held')] },
  { n: 2, held: 'in the window ahead', steps: [asks(ok(), 'new')] },
  {
    n: 3,
    held: 'in the window ahead',
    steps: [asks('fail', 'held'), asksNot('held'), wait(419), asksNot('held'), wait(2), asks(ok(), 'new')],
  },
  { n: 4, held: 'in the last minute', steps: [asks(ok(), 'new')] },
  {
    n: 5,
    held: 'in the last minute',
    steps: [asks('fail', 'held'), asksNot('held'), wait(419), asksNot('held'), wait(2), asks(ok(), 'new')],
  },
  { n: 6, held: 'expired', steps: [asks(ok(), 'new')] },
  {
    n: 7,
    held: 'expired',
    steps: [asks('fail', 'held'), asksNot('held'), wait(419), asksNot('held'), wait(2), asks(ok(), 'new')],
  },
  { n: 8, held: 'none', steps: [asks('fail', 'no credentials'), asks(ok(), 'new')] },
  {
    n: 9,
    held: 'in the window ahead',
    steps: [asks('stale', 'held'), asksNot('held'), wait(421), asks(ok(), 'new')],
  },
  {
    n: 10,
    held: 'in the last minute',
    steps: [asks('stale', 'held'), asksNot('held'), wait(421), asks(ok(), 'new')],
  },
  { n: 11, held: 'none', steps: [asks(ok(600), 'new', 300)] },
  { n: 12, held: 'none', steps: [asks(ok(1_230), 'new', 900)] },
  { n: 13, held: 'none', steps: [asks(ok(21_600), 'new', 3_600)] },
  { n: 14, held: 'none', steps: [asks(ok(21_600), 'new', 3_600), wait(18_060), asks(ok(600), 'new', 300)] },
  { n: 15, held: 'none', configured: 1_800, steps: [asks(ok(21_600), 'new', 1_800)] },
  { n: 16, held: 'in the window ahead', steps: [asks('no', 'the error'), wait(6), asks(ok(), 'new')] },
  { n: 17, held: 'in the last minute', steps: [asks('no', 'the error'), wait(6), asks(ok(), 'new')] },
  { n: 18, held: 'in the window ahead', steps: [asks('no', 'the error'), asksNot('the same error')] },
  { n: 19, held: 'valid', steps: [INVALIDATE_A, asks(ok(), 'new')] },
  { n: 20, held: 'valid', steps: [INVALIDATE_A, asks('fail', 'held')] },
  {
    n: 21,
    held: 'expired',
    steps: [asks('fail', 'held'), wait(60), INVALIDATE_A, asksNot('held'), wait(425), asks(ok(), 'new')],
  },
  { n: 22, held: 'valid', key: 'B', steps: [INVALIDATE_A, asksNot('held')] },
  {
    n: 23,
    held: 'expired',
    steps: [asks('fail', 'held'), wait(300), asksNot('held'), wait(425), asks(ok(), 'new')],
  },
  { n: 24, held: 'none', steps: [asks('no', 'the error'), wait(6), asks(ok(), 'new')] },
];

const LIFETIME = 3_600;

/** Seconds since the cached credential was received. */
const AGES = [0, 9, 10, 60, 3_600] as const;

/** Seconds left of it. The window ahead is five minutes or more for any lifetime. */
const LEFT: Readonly<Record<Exclude<Held, 'none'>, number>> = {
  valid: 7_200,
  'in the window ahead': 240,
  'in the last minute': 45,
  expired: -1,
};

/** A credential of less than 30 s is a failed refresh: one that is cached and expired is older than that. */
const SHORTEST = 30;

/** Each vector at each age; where nothing is cached there is no age. */
const CASES: readonly (Vector & { readonly age: number })[] = VECTORS.flatMap((vector) => {
  if (vector.held === 'none') return [{ ...vector, age: 0 }];
  return AGES.map((age) => ({
    ...vector,
    age: vector.held === 'expired' ? Math.max(age, SHORTEST + 1) : age,
  }));
});

describe("the AWS SDKs' refresh vectors", () => {
  it.each(CASES)('$n: $held, $age s old', async ({ held, age, key = 'A', configured, steps }) => {
    const cache = createCredentialCache({
      profile: 'aws-sdk',
      refreshAheadMs: configured === undefined ? undefined : configured * 1_000,
    });
    const w = fixture({ cache, random: () => 0.4 });
    const provider = w.provider();
    // Retries of one exchange are no part of the vectors: a refusal of the cloud stands for every recoverable failure.
    const answers: Readonly<Record<string, () => unknown>> = {
      fail: () => Promise.reject(refusal('unavailable', { retry: 'now', retriesAtMost: 0 })),
      stale: () => ({ credential: { value: 'stale', expiresAt: w.clock.now() - 1_000 } }),
      no: () => Promise.reject(refusal('access_denied')),
    };
    let current: unknown;
    let error: unknown;
    let made = 0;
    const fresh = (seconds: number) => ({
      credential: { value: `new${++made}`, expiresAt: w.clock.now() + seconds * 1_000 },
    });
    if (held !== 'none') {
      const expiresAt = w.clock.now() + (age + LEFT[held]) * 1_000;
      w.answer = () => ({ credential: { value: key, expiresAt } });
      current = await provider.getCredentials();
      await w.clock.advance(age * 1_000);
    }
    for (const step of steps) {
      if ('wait' in step) {
        await w.clock.advance(step.wait * 1_000);
        continue;
      }
      if ('invalidate' in step) {
        provider.invalidate((credential) => credential.value === step.invalidate);
        continue;
      }
      const { get, gives, asked, window } = step;
      w.answer = () => {
        if (get === undefined) throw new Error('The source was asked.');
        return typeof get === 'object' ? fresh(get.ok) : answers[get]?.();
      };
      const before = w.attempts.length;
      const got: unknown = await provider.getCredentials().catch((thrown: unknown) => thrown);
      expect(w.attempts.length - before, 'times the source was asked').toBe(asked ? 1 : 0);
      if (gives === 'held') expect(got).toEqual(current);
      else if (gives === 'new') {
        expect(got).toMatchObject({ value: `new${made}` });
        current = got;
      } else if (gives === 'the same error') expect(got).toEqual(error);
      else {
        expect(FederationError.isInstance(got) && got.code).toBe(
          gives === 'the error' ? 'access_denied' : 'unavailable',
        );
        error = got;
      }
      const status = provider.status();
      if (get === 'fail' && gives === 'held')
        expect(status.backoff).toEqual({ kind: 'backoff', until: w.clock.now() + 420_000 });
      if (get === 'no')
        expect(status.backoff).toMatchObject({ kind: 'rejected', until: w.clock.now() + 2_600 });
      if (gives === 'no credentials') expect(provider.status().state).toBe('empty');
      if (window !== undefined)
        expect(((got as { expiresAt: number }).expiresAt - (status.refreshAt ?? 0)) / 1_000).toBe(window);
    }
    expect(w.clock.timers()).toBe(0);
  });

  it('draws its backoff from 300 to 600 seconds and holds a hopeless error for one to five', async () => {
    for (const drawn of [0, 0.999_999]) {
      const w = fixture({ cache: createCredentialCache({ profile: 'aws-sdk' }), random: () => drawn });
      const provider = w.provider();
      await provider.getCredentials();
      await w.clock.advance(LIFETIME * 1_000);
      w.answer = () => Promise.reject(refusal('unavailable', { retry: 'now', retriesAtMost: 0 }));
      await provider.getCredentials();
      const backoff = (provider.status().backoff?.until ?? 0) - w.clock.now();
      expect(backoff / 1_000).toBeCloseTo(drawn === 0 ? 300 : 600, 2);
      await w.clock.advance(601_000);
      w.answer = () => Promise.reject(refusal('access_denied'));
      await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'access_denied' });
      const rejected = (provider.status().backoff?.until ?? 0) - w.clock.now();
      expect(rejected / 1_000).toBeCloseTo(drawn === 0 ? 1 : 5, 2);
    }
  });

  it('makes one exchange for a thousand callers in its window, who all wait for it', async () => {
    const w = fixture({ cache: createCredentialCache({ profile: 'aws-sdk' }) });
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance((LIFETIME - 600) * 1_000);
    const all = await Promise.all(Array.from({ length: 1_000 }, () => provider.getCredentials()));
    expect(new Set(all.map(({ value }) => value))).toEqual(new Set(['v2']));
    expect(w.attempts).toHaveLength(2);
  });

  it('serves the cached credential to a caller that must answer, or whose token can not be read', async () => {
    const w = fixture({ cache: createCredentialCache({ profile: 'aws-sdk' }) });
    const provider = w.provider(undefined, { invocation: () => ({ deadline: w.clock.now() + 1_000 }) });
    const first = await provider.getCredentials();
    await w.clock.advance(LIFETIME * 1_000);
    w.answer = () => new Promise(() => undefined);
    const call = provider.getCredentials();
    await w.clock.advance(500);
    expect(await call).toEqual(first);
  });
});
