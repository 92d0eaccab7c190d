import { describe, expect, it } from 'vitest';
import type { SubjectTokenSource } from './contract.js';
import { OptionError } from './errors.js';
import { createCredentialProvider } from './provider.js';
import { makeJwt, sourceOf, unhandled, fixture } from './provider.fixture.js';
import type { SharedOptions } from './provider-options.js';
import { SHARED_OPTION_NAMES } from './provider-options.js';
import { providerOptions } from './shared-options.js';

const platform: SubjectTokenSource = sourceOf(() => makeJwt({ sub: 'platform' }));
const made = (options: SharedOptions) => {
  const w = fixture();
  return {
    w,
    provider: createCredentialProvider(w.exchanger, {
      ...providerOptions({ cache: w.cache, clock: w.clock, ...options }, () => platform),
    }),
  };
};
const wanted = { audience: undefined, fresh: false, signal: new AbortController().signal };

describe('the shared options', () => {
  it('have names that a factory can hold its own against', () => {
    const all: Required<{ [K in keyof SharedOptions]: true }> = {
      tokenSource: true,
      audience: true,
      expect: true,
      cache: true,
      store: true,
      timeoutMs: true,
      minValidityMs: true,
      fetch: true,
      clock: true,
      random: true,
      onEvent: true,
      invocation: true,
    };
    expect([...SHARED_OPTION_NAMES].sort()).toEqual(Object.keys(all).sort());
  });

  it('take the platform where the user gives no source', async () => {
    const { source, invocation } = providerOptions(
      {},
      { source: () => platform, invocation: () => ({ deadline: 5 }) },
    );
    expect(source).toBe(platform);
    expect(invocation?.()).toEqual({ deadline: 5 });
  });

  it('take the invocation that the user gives in place of that of the platform', () => {
    const { invocation } = providerOptions(
      { invocation: () => ({ deadline: 7 }) },
      { source: () => platform, invocation: () => ({ deadline: 5 }) },
    );
    expect(invocation?.()).toEqual({ deadline: 7 });
  });

  it.each<[keyof SharedOptions, unknown]>([
    ['tokenSource', 'eyJ'],
    ['tokenSource', null],
    ['tokenSource', {}],
    ['tokenSource', { capture: 'x' }],
    ['audience', ''],
    ['audience', 5],
    ['expect', {}],
    ['cache', {}],
    ['cache', null],
    ['cache', new Map()],
    ['cache', { contract: 'credex.cache.v1' }],
    ['timeoutMs', 99],
    ['timeoutMs', 60_001],
    ['timeoutMs', '8000'],
    ['fetch', 'fetch'],
    ['clock', {}],
    ['clock', null],
    ['clock', Date],
    ['clock', { now: () => 0, monotonic: () => 0, setTimeout: 5 }],
    ['random', 4],
    ['onEvent', {}],
    ['invocation', {}],
  ])('refuse %s: %j, when the provider is made', (option, value) => {
    let error: unknown;
    try {
      made({ [option]: value });
    } catch (thrown) {
      error = thrown;
    }
    expect(OptionError.isInstance(error) && error.option).toBe(option);
    expect(OptionError.isInstance(error) && error.code).toBe('invalid_option');
  });

  it('refuse an audience that a function could not be asked for', () => {
    expect(() => made({ tokenSource: () => makeJwt(), audience: 'https://a.test' })).toThrow(
      'can not be asked for another `audience`',
    );
  });
});

describe('a function as the token source', () => {
  it('is called at once, once for each call, and its tokens are kept apart', async () => {
    let calls = 0;
    let sub = 'a';
    const { w, provider } = made({ tokenSource: () => (calls++, makeJwt({ sub })) });
    const first = provider.getCredentials();
    expect(calls).toBe(1);
    sub = 'b';
    const second = provider.getCredentials();
    expect((await first).value).not.toBe((await second).value);
    sub = 'a';
    expect(await provider.getCredentials()).toEqual(await first);
    expect(w.attempts.map((attempt) => attempt.sub).sort()).toEqual(['a', 'b']);
    expect(calls).toBe(3);
  });

  it('has no fresher token, and may throw, reject or give nonsense', async () => {
    const rejections = unhandled();
    const { source } = providerOptions({ tokenSource: () => makeJwt() }, () => platform);
    await expect(source.capture().token({ ...wanted, fresh: true })).rejects.toMatchObject({
      code: 'no_fresher_token',
    });
    const bad: (() => string | Promise<string>)[] = [
      () => {
        throw new Error(`sync ${makeJwt()}`);
      },
      () => Promise.reject(new Error(`async ${makeJwt()}`)),
      () => '',
      () => undefined as never,
      () => Promise.resolve({} as never),
    ];
    for (const tokenSource of bad) {
      const { w, provider } = made({ tokenSource });
      await expect(provider.getCredentials()).rejects.toMatchObject({
        provider: 'vercel',
        code: expect.stringMatching(/^(no|invalid)_subject_token$/) as string,
      });
      const error: unknown = await provider.getCredentials().catch((thrown: unknown) => thrown);
      expect(`${String(error)}${String((error as Error).cause)}`).not.toContain('eyJ');
      // A capture without a request for its token.
      provider.status();
      expect(w.clock.timers()).toBe(0);
    }
    expect(await rejections.stop()).toEqual([]);
  });
});
