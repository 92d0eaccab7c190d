import { describe, expect, it } from 'vitest';
import { OptionError } from '../errors.js';
import type { Secret } from '../provider.fixture.js';
import { down, makeJwt, refusal, settle, sourceOf, START, fixture } from '../provider.fixture.js';

describe('status', () => {
  it('goes through the states of one credential', async () => {
    const w = fixture();
    const provider = w.provider();
    const counts = (served: number, exchanges: number, failures = 0) => ({ served, exchanges, failures });
    expect(provider.status()).toEqual({ state: 'empty', counts: counts(0, 0) });
    await provider.getCredentials();
    await provider.getCredentials();
    expect(provider.status()).toEqual({
      state: 'fresh',
      since: START,
      refreshAt: START + 2_790_000,
      until: START + 3_595_000,
      backoff: undefined,
      lastError: undefined,
      counts: counts(2, 1),
    });
    await w.clock.advance(2_790_000);
    expect(provider.status().state).toBe('refresh-ahead');
    w.answer = () => Promise.reject(down());
    await provider.getCredentials();
    await settle();
    expect(provider.status()).toMatchObject({
      lastError: 'unavailable',
      backoff: { kind: 'backoff', until: w.clock.now() + 500 },
      counts: counts(3, 2, 1),
    });
    await w.clock.advance(750_000);
    expect(provider.status()).toMatchObject({ state: 'must-refresh', backoff: undefined });
    await w.clock.advance(55_000);
    expect(provider.status().state).toBe('expired');
    w.answer = () => undefined;
    await provider.getCredentials();
    expect(provider.status()).toMatchObject({ state: 'fresh', lastError: undefined });
    await w.clock.advance(10_000);
    provider.invalidate();
    expect(provider.status().state).toBe('invalidated');
    expect(w.clock.timers()).toBe(0);
  });

  it('is of the request and the identity it is asked about, never of another', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    expect(provider.status({ request: { scope: 'never asked' } }).state).toBe('empty');
    expect(w.provider(sourceOf(() => makeJwt(), { identityKey: 'other' })).status().state).toBe('empty');
    const byToken = w.provider(sourceOf(() => makeJwt(), { identityKey: undefined }));
    expect(byToken.status().state).toBe('empty');
    await byToken.getCredentials();
    expect(byToken.status().state).toBe('fresh');
    expect(byToken.status({ request: { scope: 'never asked' } }).state).toBe('empty');
  });

  it('is not that of the platform where only the token names the identity', async () => {
    const w = fixture();
    let identityKey: string | undefined = 'platform';
    const provider = w.provider({
      capture: () => sourceOf(() => makeJwt(), { identityKey }).capture(),
    });
    await provider.getCredentials();
    expect(provider.status().state).toBe('fresh');
    identityKey = undefined;
    expect(provider.status().state).toBe('empty');
  });
});

describe('invalidate', () => {
  it('forgets that very credential, by its content; a younger or another one stays', async () => {
    const w = fixture();
    const provider = w.provider();
    const first = await provider.getCredentials();
    provider.invalidate(first);
    expect(provider.status().state).toBe('fresh');
    await w.clock.advance(10_000);
    provider.invalidate({ ...first, value: 'another' });
    provider.invalidate({} as Secret);
    provider.invalidate(() => false);
    expect(provider.status().state).toBe('fresh');
    provider.invalidate({ ...first, extra: new Date() } as Secret);
    expect(provider.status().state).toBe('invalidated');
    const second = await provider.getCredentials();
    await w.clock.advance(10_000);
    provider.invalidate(first);
    expect(await provider.getCredentials()).toEqual(second);
  });

  it('by a rule or by nothing, forgets what this provider asked for and nothing of others', async () => {
    const w = fixture();
    const [mine, other] = [w.provider(), w.provider(sourceOf(() => makeJwt(), { identityKey: 'other' }))];
    await Promise.all([
      mine.getCredentials(),
      mine.getCredentials({ request: { scope: 's' } }),
      other.getCredentials(),
    ]);
    await w.clock.advance(10_000);
    mine.invalidate();
    expect(mine.status().state).toBe('invalidated');
    expect(mine.status({ request: { scope: 's' } }).state).toBe('invalidated');
    expect(other.status().state).toBe('fresh');
  });

  it.each([null, 5, 'x', true])('refuses %j', (which) => {
    expect(() =>
      fixture()
        .provider()
        .invalidate(which as never),
    ).toThrow(OptionError);
  });

  it('serves the refused value to no caller while the source is down', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(10_000);
    provider.invalidate();
    w.answer = () => Promise.reject(refusal('invalid_request'));
    for (let call = 0; call < 3; call++)
      await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('cacheKeyFields that throws', () => {
  it('fails the call as it is, and leaves nothing behind', async () => {
    const w = fixture();
    const provider = w.provider();
    const broken = {
      ...w.exchanger,
      cacheKeyFields: () => {
        throw new OptionError('invalid_option', 'scope', undefined, 'x');
      },
    };
    Object.assign(w.exchanger, broken);
    await expect(provider.getCredentials()).rejects.toThrow(OptionError);
    await expect(provider.getCredentials({ request: { scope: 'x' } })).rejects.toThrow(OptionError);
    expect(() => provider.status()).toThrow(OptionError);
    expect(w.cache.state.entries.size).toBe(0);
    expect(w.clock.timers()).toBe(0);
  });

  it('keeps apart what `expect` and the audience keep apart', async () => {
    const w = fixture();
    const source = sourceOf(() => makeJwt({ project_id: 'prj_1', owner_id: 'team_1' }));
    const providers = [
      {},
      { expect: { projectId: 'prj_1' } },
      { expect: { ownerId: 'team_1' } },
      { audience: 'a' },
      { audience: 'b' },
    ].map((options) => w.provider(source, options));
    for (const provider of [...providers, ...providers]) await provider.getCredentials();
    expect(w.attempts).toHaveLength(providers.length);
    const mismatched = w.provider(source, { expect: { projectId: 'prj_2' } });
    await expect(mismatched.getCredentials()).rejects.toMatchObject({ code: 'subject_mismatch' });
    expect(w.attempts).toHaveLength(providers.length);
  });
});
