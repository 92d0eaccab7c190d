import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { OptionError } from '../errors.js';
import { createCredentialProvider } from '../provider.js';
import { HOUR, makeJwt, refusal, settle, sourceOf, fixture } from '../provider.fixture.js';
import { createCredentialCache, processWideCache } from './cache.js';

describe('a cache', () => {
  it.each([
    { maxEntries: 0 },
    { maxEntries: 1.5 },
    { maxEntries: 1_000_001 },
    { maxEntries: '5' },
    { refreshAheadMs: 999 },
    { refreshAheadMs: 43_200_001 },
    { profile: 'sdk' },
    { profile: '' },
  ])('refuses %j', (options) => {
    expect(() => createCredentialCache(options as never)).toThrow(OptionError);
  });

  it('shows nothing of what it holds to whoever prints it', async () => {
    const w = fixture();
    const jwt = makeJwt({ sub: 'CANARY' });
    await w.provider(sourceOf(() => jwt, { identityKey: undefined })).getCredentials();
    expect(w.cache.state.digests.size).toBe(1);
    const printed =
      inspect(w.cache, { depth: Infinity }) + JSON.stringify(w.cache) + JSON.stringify({ ...w.cache });
    expect(printed).not.toContain('eyJ');
    expect(printed).not.toContain('value');
  });

  it('refuses a window of half a duration or more, but for the AWS SDKs', () => {
    const w = fixture({ cache: createCredentialCache({ refreshAheadMs: 1_800_000 }) });
    expect(() => w.provider(undefined, { lifetimeMs: 3_600_000 })).toThrow('less than half');
    expect(() => w.provider(undefined, { lifetimeMs: 3_600_001 })).not.toThrow();
    const sdk = fixture({ cache: createCredentialCache({ refreshAheadMs: 1_800_000, profile: 'aws-sdk' }) });
    expect(() => sdk.provider(undefined, { lifetimeMs: 900_000 })).not.toThrow();
  });

  it('says once that a window was clamped to the lifetime received', async () => {
    const w = fixture({ cache: createCredentialCache({ refreshAheadMs: HOUR }) });
    const provider = w.provider();
    await provider.getCredentials();
    await provider.getCredentials({ forceRefresh: true });
    const warnings = w.events.filter(({ type }) => type === 'warning');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ message: expect.stringContaining('clamped') as string });
    expect((provider.status().refreshAt ?? 0) - w.clock.now()).toBeGreaterThanOrEqual(HOUR / 2);
  });
});

describe('the process-wide cache', () => {
  it('is shared by two copies of the package: one exchange, one refresh, one refusal', async () => {
    const name = Symbol.for('credex.cache.v4');
    const own = processWideCache();
    expect(processWideCache()).toBe(own);
    expect(Object.getOwnPropertyDescriptor(globalThis, name)).toMatchObject({
      writable: false,
      configurable: false,
      enumerable: false,
    });
    vi.resetModules();
    const [theirs, { processWideCache: other }] = [
      await import('../provider.js'),
      await import('./cache.js'),
    ];
    expect(theirs.createCredentialProvider).not.toBe(createCredentialProvider);
    expect(other()).toBe(own);

    const w = fixture();
    const options = {
      source: sourceOf(() => makeJwt({ sub: 'two-copies' })),
      clock: w.clock,
      random: () => 0.5,
    };
    const a = createCredentialProvider(w.exchanger, options);
    const b = theirs.createCredentialProvider(w.exchanger, options);
    const [one, two] = await Promise.all([a.getCredentials(), b.getCredentials()]);
    expect(one).toEqual(two);
    expect(w.attempts).toHaveLength(1);

    w.answer = () => Promise.reject(refusal('invalid_request'));
    const scope = { request: { scope: 'refused' } };
    await expect(a.getCredentials(scope)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(b.getCredentials(scope)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(w.attempts).toHaveLength(2);
    await w.clock.advance(20_000);
    b.invalidate(two);
    expect(a.status().state).toBe('invalidated');
  });
});

describe('an edge isolate', () => {
  it('shares values, never a refresh in flight: a promise of another request may never settle', async () => {
    for (const isolate of [
      () => vi.stubGlobal('EdgeRuntime', 'edge-runtime'),
      () => vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' }),
    ]) {
      isolate();
      try {
        const w = fixture();
        w.answer = ({ n }) => (n === 1 ? new Promise(() => undefined) : undefined);
        const provider = w.provider();
        const stuck = provider.getCredentials();
        await settle();
        expect((await provider.getCredentials()).value).toBe('v2');
        expect(w.cache.state.refreshes.size).toBe(0);
        expect((await provider.getCredentials()).value).toBe('v2');
        expect(w.attempts).toHaveLength(2);
        await w.clock.advance(8_000);
        expect(await stuck).toBeDefined();
      } finally {
        vi.unstubAllGlobals();
      }
    }
  });
});
