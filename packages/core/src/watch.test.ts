import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CredentialProvider } from './contract.js';
import { processWideCache } from './cache/cache.js';
import type { FederationError } from './federation-error.js';
import type { Fixture, Secret, SecretRequest } from './provider.fixture.js';
import {
  down,
  fixture,
  gate,
  HOUR,
  makeJwt,
  refusal,
  settle,
  sourceOf,
  unhandled,
} from './provider.fixture.js';
import './token/source-error.js';
import { watchCredentials } from './watch.js';

// `source-error` loads with the first error, in its own time: here it is loaded before.
const MINUTE = 60_000;

/** A watch of one provider, and all that it was told. */
function watching(
  w: Fixture,
  provider: CredentialProvider<Secret, SecretRequest> = w.provider(),
  onCredential: (credential: Secret) => void | Promise<void> = () => undefined,
) {
  const stop = new AbortController();
  const delivered: { readonly value: string; readonly at: number }[] = [];
  const errors: unknown[] = [];
  watchCredentials(provider, {
    signal: stop.signal,
    clock: w.clock,
    onCredential: (credential) => {
      delivered.push({ value: credential.value, at: w.clock.monotonic() });
      return onCredential(credential);
    },
    onError: (error) => void errors.push(error),
  });
  return { provider, delivered, errors, stop, values: () => delivered.map(({ value }) => value) };
}

afterEach(() => {
  vi.restoreAllMocks();
  if (processWideCache().state.watchers.size > 0) throw new Error('A watch was left.');
});

describe('a watch', () => {
  it('delivers the present credential at once, and each later one once', async () => {
    const w = fixture();
    const { values, delivered, errors, stop } = watching(w);
    await settle();
    expect(values()).toEqual(['v1']);
    await w.clock.advance(3 * HOUR);
    expect(values()).toEqual(['v1', 'v2', 'v3', 'v4']);
    // A second after the refresh window of the one before has begun: L − ahead + 10 % of `ahead`, with the middle jitter.
    expect((delivered[1]?.at ?? 0) - (delivered[0]?.at ?? 0)).toBeLessThanOrEqual(0.775 * HOUR + 1_000);
    expect(errors).toEqual([]);
    stop.abort();
    expect(w.clock.timers()).toBe(0);
    await w.clock.advance(2 * HOUR);
    expect(w.attempts).toHaveLength(4);
  });

  it('costs no exchange when another caller has refreshed', async () => {
    const w = fixture();
    const { provider, values, stop } = watching(w);
    for (let n = 0; n < 180; n++) {
      await w.clock.advance(MINUTE);
      await provider.getCredentials();
    }
    expect(values()).toEqual(w.attempts.map(({ n }) => `v${n}`));
    stop.abort();
  });

  it('sets one timer, of at most a minute, which does not keep the process alive', async () => {
    const w = fixture();
    const { stop } = watching(w);
    await settle();
    expect(w.clock.dueIn()).toEqual([MINUTE]);
    stop.abort();
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const system = new AbortController();
    const nothing = (): void => undefined;
    watchCredentials(w.provider(), { signal: system.signal, onCredential: nothing, onError: nothing });
    await settle();
    const timer = timers.mock.results.at(-1)?.value as NodeJS.Timeout;
    expect([timer.hasRef(), timers.mock.calls.at(-1)?.[1]]).toEqual([false, expect.any(Number)]);
    expect(timers.mock.calls.at(-1)?.[1]).toBeLessThanOrEqual(MINUTE);
    system.abort();
  });

  it('is woken by `invalidate`, of another provider of the same credential as well', async () => {
    const w = fixture();
    const { values, stop } = watching(w);
    await w.clock.advance(30_000);
    w.provider().invalidate(await w.provider().getCredentials());
    await settle();
    expect(values()).toEqual(['v1', 'v2']);
    expect(w.clock.dueIn()).toEqual([MINUTE]);
    stop.abort();
  });

  it('is woken while it waits for an exchange, and then delivers the newer credential alone', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(30_000);
    const late = gate();
    w.answer = async ({ n }) => {
      if (n === 2) await late.promise;
    };
    provider.invalidate();
    const { values, stop } = watching(w, provider);
    await settle();
    provider.invalidate();
    late.open();
    await settle();
    expect(values()).toEqual(['v2']);
    stop.abort();
  });

  it.each([1.5 * HOUR, 0.9 * HOUR, 24 * HOUR])(
    'delivers within a minute after a freeze of %i ms, which stops the monotonic clock',
    async (frozenMs) => {
      const w = fixture();
      const { values, stop } = watching(w);
      await w.clock.advance(20_000);
      w.clock.freeze(frozenMs);
      await w.clock.advance(MINUTE);
      expect(values()).toEqual(['v1', 'v2']);
      stop.abort();
    },
  );

  it('runs outside the async context of its caller, and of whoever wakes it', async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const captured: unknown[] = [];
    const w = fixture();
    const source = sourceOf(() => {
      captured.push(context.getStore());
      return makeJwt();
    });
    const { provider, stop } = context.run('request 1', () =>
      watching(w, w.provider(source), () => void seen.push(context.getStore())),
    );
    await w.clock.advance(HOUR);
    context.run('request 2', () => provider.invalidate());
    await settle();
    expect(seen).toEqual([undefined, undefined, undefined]);
    // The first capture is that of the caller: its token may be the only one that this process has seen.
    expect([captured[0], new Set(captured.slice(1))]).toEqual(['request 1', new Set([undefined])]);
    stop.abort();
  });

  it('says at once that it has no credential, tries again more and more seldom, and recovers', async () => {
    const w = fixture();
    let token: string | undefined;
    const source = sourceOf(() => '', {
      token: () => {
        if (token === undefined) throw refusal('no_subject_token');
        return token;
      },
    });
    const { errors, values, stop } = watching(w, w.provider(source));
    await settle();
    expect(errors.map((error) => (error as FederationError).code)).toEqual(['no_subject_token']);
    await w.clock.advance(10 * MINUTE);
    // After 1, 2, 4, … seconds, then every minute.
    expect(errors).toHaveLength(15);
    token = makeJwt();
    await w.clock.advance(MINUTE);
    expect(values()).toEqual(['v1']);
    expect(errors).toHaveLength(15);
    stop.abort();
  });

  it('reports no failure while the credential is valid, and each one after it', async () => {
    const w = fixture();
    const { errors, values, stop } = watching(w);
    await settle();
    w.answer = () => Promise.reject(down());
    await w.clock.advance(HOUR - 6_000);
    expect(errors).toEqual([]);
    await w.clock.advance(MINUTE);
    expect(errors.length).toBeGreaterThan(0);
    w.answer = () => undefined;
    await w.clock.advance(MINUTE);
    expect(values()).toHaveLength(2);
    stop.abort();
  });

  it('reports what `onCredential` throws or rejects with, and drops what `onError` does', async () => {
    const watch = unhandled();
    const w = fixture();
    let n = 0;
    const { errors, stop } = watching(w, w.provider(), () => {
      if (n++ === 0) throw new Error('thrown');
      return Promise.reject(new Error('rejected'));
    });
    await w.clock.advance(HOUR);
    expect(errors).toEqual([new Error('thrown'), new Error('rejected')]);
    stop.abort();
    const again = new AbortController();
    const { signal } = again;
    const fail = (): never => {
      throw new Error('of a listener');
    };
    const reject = (): void => Promise.reject(new Error('of a listener')) as never;
    for (const listener of [fail, reject])
      watchCredentials(w.provider(), { signal, clock: w.clock, onCredential: fail, onError: listener });
    await settle();
    again.abort();
    expect(await watch.stop()).toEqual([]);
  });

  it('outlives a source that throws outside of a request', async () => {
    const rejections = unhandled();
    const w = fixture();
    const provider = w.provider();
    let isInRequest = true;
    const throwing = {
      getCredentials: provider.getCredentials,
      status(options: never) {
        if (!isInRequest) throw new TypeError('No request is being served.');
        return provider.status(options);
      },
    } as typeof provider;
    const { errors, stop } = watching(w, throwing);
    isInRequest = false;
    await settle();
    await w.clock.advance(3 * MINUTE);
    expect(errors.length).toBeGreaterThanOrEqual(2);
    expect(errors.every((error) => error instanceof TypeError)).toBe(true);
    stop.abort();
    expect(await rejections.stop()).toEqual([]);
  });

  it('never starts with a signal that is aborted, and says nothing after an abort during its call', async () => {
    const w = fixture();
    const stop = new AbortController();
    const told: unknown[] = [];
    const tell = (what: unknown): void => void told.push(what);
    const late = gate();
    w.answer = () => late.promise;
    const options = { signal: stop.signal, clock: w.clock, onError: tell };
    watchCredentials(w.provider(), { ...options, onCredential: tell });
    await settle();
    stop.abort();
    late.open();
    await settle();
    watchCredentials(w.provider(), { ...options, onCredential: tell });
    await settle();
    expect([told, w.attempts.length, w.clock.timers()]).toEqual([[], 1, 0]);
  });

  it('says nothing of an `onCredential` that rejects after the abort', async () => {
    const w = fixture();
    const late = gate();
    const { errors, stop } = watching(w, w.provider(), async () => {
      await late.promise;
      throw new Error('late');
    });
    await settle();
    stop.abort();
    late.open();
    await settle();
    expect(errors).toEqual([]);
  });

  it.each([
    ['provider', undefined, {}],
    ['provider', { getCredentials: () => undefined }, {}],
    ['signal', undefined, { signal: undefined }],
    ['onCredential', undefined, { onCredential: 'f' }],
    ['onError', undefined, { onError: undefined }],
    ['clock', undefined, { clock: {} }],
    ['onEvent', undefined, { onEvent: () => undefined }],
  ])('refuses a wrong `%s`', (option, provider, wrong) => {
    const nothing = (): void => undefined;
    const options = {
      signal: new AbortController().signal,
      onCredential: nothing,
      onError: nothing,
      ...wrong,
    };
    const given = option === 'provider' ? provider : fixture().provider();
    expect(() => watchCredentials(given as never, options as never)).toThrow(
      expect.objectContaining({ name: 'OptionError', code: 'invalid_option', option }) as Error,
    );
  });
});
