// Longer than 300 lines: every way an exchange can go wrong, against one cloud that tests tell what to answer.

import { describe, expect, it } from 'vitest';
import type { ExchangeContext } from '../contract.js';
import { FederationError } from '../federation-error.js';
import { OptionError } from '../errors.js';
import {
  down,
  gate,
  HOUR,
  makeJwt,
  refusal,
  settle,
  sourceOf,
  START,
  unhandled,
  fixture,
} from '../provider.fixture.js';

/** Runs a call to its end with all the time it wants; what it threw, or its value. */
async function outcome(w: ReturnType<typeof fixture>, call: Promise<unknown>, ms = 30_000): Promise<unknown> {
  const ended = call.catch((error: unknown) => error);
  await w.clock.advance(ms);
  return ended;
}

describe('a driver that misbehaves', () => {
  const never = () => new Promise<never>(() => undefined);
  it.each<readonly [string, (context: ExchangeContext) => unknown, string]>([
    [
      'throws at once',
      () => {
        throw new Error('sync');
      },
      'unknown',
    ],
    [
      'throws no error at all',
      () => {
        throw 'text';
      },
      'unknown',
    ],
    [
      'throws undefined',
      () => {
        throw undefined;
      },
      'unknown',
    ],
    ['brings nothing', () => undefined, 'invalid_response'],
    ['brings no credential', () => ({}), 'invalid_response'],
    ['brings a credential without a time', () => ({ credential: { value: 'x' } }), 'invalid_response'],
    [
      'brings one that ends at no time',
      () => ({ credential: { expiresAt: Number.NaN } }),
      'invalid_response',
    ],
    ['brings one that never ends', () => ({ credential: { expiresAt: Infinity } }), 'invalid_response'],
    ['brings one that is over', () => ({ credential: { expiresAt: START - 1 } }), 'clock_skew'],
    ['never takes a step and hangs', never, 'timeout'],
    ['hangs in a step and ignores its signal', (context) => context.step('h', never), 'timeout'],
    [
      'throws at once in a step',
      (context) =>
        context.step('h', () => {
          throw new Error('x');
        }),
      'unknown',
    ],
    [
      'leaves a step behind',
      (context) => {
        void context.step('h', () => Promise.reject(new Error('x')));
        throw new Error('y');
      },
      'unknown',
    ],
    [
      'leaves the token behind',
      (context) => {
        void context.subject();
        throw new Error('y');
      },
      'unknown',
    ],
    [
      'leaves a request behind',
      (context) => {
        void context.post(new URL('https://h.test'), { headers: {}, body: '' });
        throw new Error('y');
      },
      'unknown',
    ],
  ])('that %s', async (_case, run, code) => {
    const rejections = unhandled();
    const w = fixture({ exchange: async (_request, context) => run(context) as never });
    const source = sourceOf(() => makeJwt(), { token: () => Promise.reject(new Error('no token')) });
    const provider = w.provider(source, { fetch: () => Promise.reject(new Error('no network')) });
    const error = await outcome(w, provider.getCredentials());
    expect(FederationError.isInstance(error) && error.code).toBe(code);
    expect(w.clock.timers()).toBe(0);
    expect(w.cache.state.refreshes.size).toBe(0);
    expect(await rejections.stop()).toEqual([]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('y');
      },
    ],
    ['rejects', () => Promise.reject(new Error('y'))],
  ])('that cannot say what its own error means: %s', async (_how, classify) => {
    const rejections = unhandled();
    const w = fixture({ answer: () => Promise.reject(new Error('x')), classify });
    const provider = w.provider();
    expect(await outcome(w, provider.getCredentials())).toMatchObject({
      code: 'unknown',
      hint: 'The error classifier threw: y.',
      cause: { message: 'x' },
    });
    expect(await rejections.stop()).toEqual([]);
  });

  it('is told by what was loaded for it', async () => {
    const w = fixture({
      answer: () => Promise.reject(new Error('x')),
      classify: async () => ({ code: 'access_denied', retry: 'never', hint: 'As loaded.' }),
    });
    expect(await outcome(w, w.provider().getCredentials())).toMatchObject({
      code: 'access_denied',
      hint: 'As loaded.',
    });
  });

  it('fails no call and ends no process from a background refresh', async () => {
    const rejections = unhandled();
    const bad = [
      () => undefined,
      () => Promise.reject(new Error('x')),
      () => {
        throw null;
      },
    ];
    for (const answer of bad) {
      let exchanges = 0;
      const w = fixture({
        exchange: async () => (exchanges++ === 0 ? w.good(1) : (answer() as never)),
        classify: () => {
          throw new Error('y');
        },
      });
      const provider = w.provider();
      const first = await provider.getCredentials();
      await w.clock.advance(0.9 * HOUR);
      expect(await provider.getCredentials()).toEqual(first);
      await settle();
      expect(w.types()).toContain('exchange-failed');
      expect(exchanges).toBe(2);
    }
    expect(await rejections.stop()).toEqual([]);
  });

  it('is not waited for after its time: what it brings late is dropped', async () => {
    const late = gate<void>();
    const w = fixture({
      exchange: async (_request, context) => (await context.subject(), await late.promise, w.good('late')),
    });
    const provider = w.provider();
    expect(await outcome(w, provider.getCredentials(), 8_000)).toMatchObject({ code: 'timeout' });
    late.open();
    await settle();
    expect(provider.status().state).toBe('empty');
  });
});

describe('steps', () => {
  it('ends a request after 2.5 s and makes it three times in all, within eight seconds', async () => {
    const w = fixture({
      answer: ({ signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('stopped'))),
        ),
    });
    const provider = w.provider();
    const call = provider.getCredentials().catch((error: unknown) => error);
    await w.clock.advance(2_499);
    expect(w.attempts[0]?.signal.aborted).toBe(false);
    await w.clock.advance(1);
    expect(w.attempts[0]?.signal.aborted).toBe(true);
    await w.clock.advance(5_500);
    expect(await call).toMatchObject({ code: 'timeout', retryable: true });
    expect(w.attempts).toHaveLength(3);
    expect(w.clock.timers()).toBe(0);
  });

  it('makes no attempt with less than a second left', async () => {
    const w = fixture({
      answer: () =>
        Promise.reject(refusal('throttled', { retry: 'now', throttled: true, retryAfterMs: 7_001 })),
    });
    await outcome(w, w.provider().getCredentials());
    expect(w.attempts).toHaveLength(1);
  });

  it('waits as long as the server asked before it tries again', async () => {
    const w = fixture({
      answer: ({ n }) =>
        n === 1
          ? Promise.reject(refusal('throttled', { retry: 'now', throttled: true, retryAfterMs: 3_000 }))
          : undefined,
    });
    const call = w.provider().getCredentials();
    await w.clock.advance(2_999);
    expect(w.attempts).toHaveLength(1);
    await w.clock.advance(1);
    expect((await call).value).toBe('v2');
    expect(w.events).toContainEqual({
      type: 'retrying',
      provider: 'test',
      exchangeId: expect.any(Number) as number,
      code: 'throttled',
      delayMs: 3_000,
    });
  });

  it.each([
    ['now', {}, 3],
    ['now, once', { retriesAtMost: 1 }, 2],
    ['never', { retry: 'never' as const }, 1],
    ['with a fresh subject that there is none of', { retry: 'fresh-subject' as const }, 1],
  ])('retries %s', async (_case, rest, attempts) => {
    const w = fixture({ answer: () => Promise.reject(refusal('unavailable', { retry: 'now', ...rest })) });
    await outcome(w, w.provider().getCredentials());
    expect(w.attempts).toHaveLength(attempts);
  });

  it.each([
    ['of another subject', { iss: 'https://a.example', sub: 'b' }],
    ['of another issuer', { iss: 'https://b.example', sub: 'a' }],
    ['of another project', { iss: 'https://a.example', sub: 'a', project_id: 'prj_other' }],
    ['of another environment', { iss: 'https://a.example', sub: 'a', environment: 'preview' }],
  ])('never fills the entry of a token with the credential of one %s', async (_case, other) => {
    const w = fixture({
      answer: ({ n }) =>
        n === 1 ? Promise.reject(refusal('subject_token_expired', { retry: 'fresh-subject' })) : undefined,
    });
    const stale = makeJwt({ iss: 'https://a.example', sub: 'a' });
    const token = ({ fresh }: { fresh: boolean }): string => (fresh ? makeJwt(other) : stale);
    const source = sourceOf(() => stale, { identityKey: undefined, token });
    expect(await outcome(w, w.provider(source).getCredentials())).toMatchObject({
      code: 'subject_token_expired',
    });
    expect(w.attempts).toHaveLength(1);
  });

  it('asks once more where an answer was too long to be read', async () => {
    const tooLong = (): FederationError =>
      new FederationError({ code: 'invalid_response', provider: 'test', message: 'Too long.' });
    const w = fixture({ answer: () => Promise.reject(tooLong()) });
    await outcome(w, w.provider().getCredentials());
    expect(w.attempts).toHaveLength(2);
  });

  it('makes no second attempt where an option is at fault, whatever the driver says of it', async () => {
    const missing = new OptionError('missing_package', 'fetch', undefined, 'Install it.');
    const w = fixture({
      answer: () => Promise.reject(missing),
      classify: () => ({ code: 'network', retry: 'now' }),
    });
    expect(await outcome(w, w.provider().getCredentials())).toEqual(missing);
    expect(w.attempts).toHaveLength(1);
  });

  it('tries once while every caller has a credential, and again once a caller without one joins', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(0.9 * HOUR);
    w.answer = () => Promise.reject(down());
    await provider.getCredentials();
    await w.clock.advance(5_000);
    expect(w.attempts).toHaveLength(2);
    const answer = gate<void>();
    w.answer = ({ n }) => (n === 3 ? answer.promise : undefined);
    await provider.getCredentials();
    await settle();
    const forced = provider.getCredentials({ request: {}, skipCached: true } as never);
    await settle();
    answer.fail(down());
    await w.clock.advance(1_000);
    expect(((await forced) as { value: string }).value).toBe('v4');
  });

  it('pays its retries from one budget for each host, which successes refill', async () => {
    const w = fixture({ answer: () => Promise.reject(down()) });
    const provider = w.provider();
    let calls = 0;
    for (; calls < 40; calls++) {
      await outcome(w, provider.getCredentials({ request: { scope: `s${calls}` } }), 3_000);
    }
    // 500 tokens are 35 retries of 14.
    expect(w.attempts.length - calls).toBe(35);
    w.answer = () => undefined;
    for (let n = 0; n < 30; n++) await provider.getCredentials({ request: { scope: `t${n}` } });
    w.answer = () => Promise.reject(down());
    const before = w.attempts.length;
    await outcome(w, provider.getCredentials({ request: { scope: 'u' } }), 3_000);
    expect(w.attempts.length - before).toBe(3);
  });
});

describe('errors of the token source', () => {
  it('that the exchanger throws itself keep their code; `retryable` says whether they are retried', async () => {
    const source = (error: unknown) => sourceOf(() => makeJwt(), { token: () => Promise.reject(error) });
    const transient = new FederationError({ code: 'network', provider: 'vercel', message: 'No way there.' });
    const w = fixture();
    const provider = w.provider(source(transient));
    await expect(provider.getCredentials()).rejects.toEqual(transient);
    expect(provider.status().backoff?.kind).toBe('backoff');
    const hopeless = new FederationError({ code: 'no_subject_token', provider: 'vercel', message: 'None.' });
    const other = fixture();
    await expect(other.provider(source(hopeless)).getCredentials()).rejects.toEqual(hopeless);
    expect(other.attempts).toHaveLength(0);
  });

  it.each([undefined, 'p'])('of others are wrapped and scrubbed (identity key %s)', async (identityKey) => {
    const token = makeJwt({ sub: 'secret' });
    const w = fixture();
    const provider = w.provider(
      sourceOf(() => token, {
        identityKey,
        token: (_wanted, jwt) => Promise.reject(new Error(`broke on ${jwt}`)),
      }),
    );
    const error = await outcome(w, provider.getCredentials());
    expect(error).toMatchObject({ code: 'no_subject_token', provider: 'token-source' });
    expect(String((error as Error).cause)).toContain('broke on [cut]');
  });

  it.each([undefined, 'text', {}, { jwt: 5 }, { jwt: 'a.b.c' }])('%j is no token', async (given) => {
    const w = fixture();
    const provider = w.provider({
      capture: () => ({ identityKey: undefined, token: async () => given as never }),
    });
    expect(await outcome(w, provider.getCredentials())).toMatchObject({ code: 'invalid_subject_token' });
  });
});

describe('clocks', () => {
  it("reckons a lifetime by the server's clock, at most ten minutes off, never longer than was asked", async () => {
    for (const [skew, usable] of [
      [300_000, true],
      [-300_000, true],
      [600_000, true],
      [3_600_000, false],
    ] as const) {
      const w = fixture({
        // The server's clock runs behind ours by the skew.
        answer: () => ({
          credential: { value: 'v', expiresAt: w.clock.now() - skew + 900_000 },
          serverDate: w.clock.now() - skew,
          maxLifetimeMs: 900_000,
        }),
      });
      const provider = w.provider();
      const call = provider.getCredentials();
      if (usable) {
        await call;
        expect(provider.status().until).toBe(w.clock.now() + 895_000);
      } else await expect(call).rejects.toMatchObject({ code: 'clock_skew' });
    }
  });
});
