import { describe, expect, it } from 'vitest';
import type { SubjectTokenSource } from './contract.js';
import { OptionError } from './errors.js';
import { createCredentialProvider } from './provider.js';
import { makeJwt, sourceOf, unhandled, fixture } from './provider.fixture.js';
import type { SharedOptions } from './provider-options.js';
import { SHARED_OPTION_NAMES, providerOptions } from './provider-options.js';
import { readSubjectToken } from './token/source-error.js';

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
      'cannot be combined with a function as `tokenSource`',
    );
  });
});

describe('what a token source says about itself', () => {
  const unreadable = { identityKey: 'p', token: async () => readSubjectToken('no token') };
  const about = {
    name: 'platform',
    hints: async () => ({
      invalid_subject_token: 'Ask the platform for another token.',
      subject_mismatch: 'Name an id.',
    }),
    sharedIssuers: ['https://shared.example'],
  };
  const failing = async (options: Partial<SharedOptions>): Promise<unknown> =>
    made(options)
      .provider.getCredentials()
      .catch((error: unknown) => error);

  it('is the provider and the hint of errors about its tokens', async () => {
    const error = await failing({ tokenSource: { about, capture: () => unreadable } });
    expect(error).toMatchObject({
      code: 'invalid_subject_token',
      provider: 'platform',
      hint: 'Ask the platform for another token.',
      message:
        'The subject token is not a readable JWT: it does not have three base64url parts. Ask the platform for another token.',
    });
  });

  it('is neutral for a source that says nothing', async () => {
    const error = await failing({ tokenSource: { capture: () => unreadable } });
    expect(error).toMatchObject({
      provider: 'token-source',
      hint: 'Pass the JWT exactly as its issuer sent it.',
    });
  });

  it('keeps the error where the hints of the source cannot be loaded, and a neutral name for none', async () => {
    const hints = () => Promise.reject(new Error('load secret'));
    expect(
      await failing({ tokenSource: { about: { name: 'own', hints }, capture: () => unreadable } }),
    ).toMatchObject({ code: 'invalid_subject_token', provider: 'own' });
    const nameless = { about: { name: '' }, capture: () => unreadable };
    expect(await failing({ tokenSource: nameless })).toMatchObject({ provider: 'token-source' });
  });

  it('refuses a name under a shared issuer of the platform, whatever the source says', async () => {
    const jwt = makeJwt({ iss: 'https://shared.example', owner: 'acme' });
    for (const sharedIssuers of [[], ['https://other.example']]) {
      const w = fixture();
      const tokenSource = {
        about: { name: 'own', sharedIssuers },
        capture: () => ({ identityKey: 'p', token: async () => readSubjectToken(jwt) }),
      };
      const provider = createCredentialProvider(
        w.exchanger,
        providerOptions(
          { expect: { owner: 'acme' }, tokenSource, cache: w.cache, clock: w.clock },
          {
            source: () => tokenSource,
            invocation: () => undefined,
            sharedIssuers: ['https://shared.example'],
          },
        ),
      );
      await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'subject_mismatch' });
      expect(w.attempts).toHaveLength(0);
    }
  });

  it('refuses a name under an issuer that many owners share, of the source or of the platform', async () => {
    const jwt = makeJwt({ iss: 'https://shared.example', owner: 'acme' });
    const capture = () => ({ identityKey: 'p', token: async () => readSubjectToken(jwt) });
    const expectation = { expect: { owner: 'acme' } };
    expect(await failing({ ...expectation, tokenSource: { about, capture } })).toMatchObject({
      code: 'subject_mismatch',
      provider: 'platform',
      hint: 'Name an id.',
    });
    const w = fixture();
    const { sharedIssuers } = about;
    const provider = createCredentialProvider(
      w.exchanger,
      providerOptions(
        { ...expectation, tokenSource: () => jwt, cache: w.cache, clock: w.clock },
        { source: () => platform, invocation: () => undefined, sharedIssuers },
      ),
    );
    await expect(provider.getCredentials()).rejects.toMatchObject({
      code: 'subject_mismatch',
      provider: 'token-source',
      hint: 'Add `projectId` or `ownerId` to `expect`.',
    });
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
        provider: 'token-source',
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
