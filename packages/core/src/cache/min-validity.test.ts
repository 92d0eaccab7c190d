import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Fixture } from '../provider.fixture.js';
import { down, gate, HOUR, makeJwt, refusal, settle, sourceOf, fixture } from '../provider.fixture.js';
import { createCredentialCache } from './cache.js';

afterEach(() => vi.unstubAllGlobals());

const MINUTE = 60_000;

/** A provider whose cached credential of an hour has this age. */
async function cachedFor(age: number, w: Fixture = fixture()) {
  const provider = w.provider();
  await provider.getCredentials();
  await w.clock.advance(age);
  return { w, provider };
}

const missed = (w: Fixture) => w.events.filter(({ type }) => type === 'min-validity-missed');

describe('minValidityMs of a call', () => {
  it('refreshes a cached credential that is valid for less, and serves one that is valid for as long', async () => {
    const { w, provider } = await cachedFor(20 * MINUTE);
    expect((await provider.getCredentials({ minValidityMs: 40 * MINUTE })).value).toBe('v1');
    expect((await provider.getCredentials({ minValidityMs: 40 * MINUTE + 1 })).value).toBe('v2');
    expect((await provider.getCredentials({ minValidityMs: 40 * MINUTE + 1 })).value).toBe('v2');
    expect(w.attempts).toHaveLength(2);
    expect(missed(w)).toEqual([]);
  });

  it('costs 1 exchange for 1,000 concurrent callers with different values', async () => {
    const { w, provider } = await cachedFor(20 * MINUTE);
    const all = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        provider.getCredentials({ minValidityMs: 40 * MINUTE + 1 + n }),
      ),
    );
    expect(new Set(all.map(({ value }) => value))).toEqual(new Set(['v2']));
    expect(w.attempts).toHaveLength(2);
  });

  it('costs 1 exchange for 1,000 concurrent callers on edge, where no promise is shared', async () => {
    vi.stubGlobal('EdgeRuntime', 'edge-runtime');
    const { w, provider } = await cachedFor(20 * MINUTE);
    await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        provider.getCredentials({ minValidityMs: 40 * MINUTE + 1 + n }),
      ),
    );
    expect(w.attempts).toHaveLength(2);
  });

  it('is limited to the lifetime less the refresh window, with one warning, so that no value costs more', async () => {
    const w = fixture();
    const provider = w.provider();
    for (let minute = 0; minute < 60; minute++) {
      await provider.getCredentials({ minValidityMs: 12 * HOUR });
      await w.clock.advance(MINUTE);
    }
    // A window of 15 minutes: the first exchange, and one each 15 minutes and a moment.
    expect(w.attempts).toHaveLength(4);
    const warnings = w.events.filter(({ type }) => type === 'warning');
    expect(warnings).toEqual([
      {
        type: 'warning',
        provider: 'test',
        message: expect.stringContaining('`minValidityMs` (43200000) is limited to 2700000 ms') as string,
      },
    ]);
  });

  it.each([
    ['fails', () => Promise.reject(down())],
    ['is rejected', () => Promise.reject(refusal('target_not_found'))],
    ['hangs', () => new Promise<never>(() => undefined)],
  ] as const)('serves the cached credential, with an event, where the refresh %s', async (how, answer) => {
    for (const profile of ['default', 'aws-sdk'] as const) {
      const { w, provider } = await cachedFor(
        20 * MINUTE,
        fixture({ cache: createCredentialCache({ profile }) }),
      );
      w.answer = answer;
      const call = provider.getCredentials({ minValidityMs: 41 * MINUTE });
      await w.clock.advance(how === 'hangs' ? 2_500 : 0);
      expect((await call).value).toBe('v1');
      expect(missed(w)).toEqual([
        {
          type: 'min-validity-missed',
          provider: 'test',
          minValidityMs: 41 * MINUTE,
          validMs: 40 * MINUTE - (how === 'hangs' ? 2_500 : 0),
        },
      ]);
      // A plain call is as good as before, and another demand is backed off.
      expect((await provider.getCredentials()).value).toBe('v1');
      expect((await provider.getCredentials({ minValidityMs: 41 * MINUTE })).value).toBe('v1');
      expect(w.attempts).toHaveLength(2);
      expect(w.clock.timers()).toBe(0);
    }
  });

  it('waits at most until half a second before the invocation ends', async () => {
    const { w } = await cachedFor(20 * MINUTE);
    const provider = w.provider(undefined, { invocation: () => ({ deadline: w.clock.now() + 2_500 }) });
    w.answer = () => new Promise<never>(() => undefined);
    let value: string | undefined;
    void provider.getCredentials({ minValidityMs: 41 * MINUTE }).then((got) => (value = got.value));
    await w.clock.advance(1_999);
    expect(value).toBeUndefined();
    await w.clock.advance(1);
    await settle();
    expect(value).toBe('v1');
    await w.clock.advance(8_000);
  });

  it('joins a refresh that is in flight already', async () => {
    const { w, provider } = await cachedFor(0.9 * HOUR);
    const answer = gate<void>();
    w.answer = () => answer.promise;
    expect((await provider.getCredentials()).value).toBe('v1');
    const call = provider.getCredentials({ minValidityMs: 10 * MINUTE });
    await settle();
    answer.open();
    expect((await call).value).toBe('v2');
    expect(w.attempts).toHaveLength(2);
  });

  it('never serves an invalidated credential, whatever its validity', async () => {
    const { w, provider } = await cachedFor(MINUTE);
    provider.invalidate();
    w.answer = () => Promise.reject(down());
    const call = expect(provider.getCredentials({ minValidityMs: 10 * MINUTE })).rejects.toMatchObject({
      code: 'unavailable',
    });
    await w.clock.advance(5_000);
    await call;
  });

  it('uses the credential of the caller token where that belongs to another identity', async () => {
    let jwt = makeJwt({ sub: 'mine', project_id: 'mine' });
    const w = fixture({ answer: ({ sub, n }) => w.good(`${String(sub)}${n}`) });
    const provider = w.provider(
      sourceOf(() => jwt, { matchesIdentity: ({ project_id }) => project_id === 'mine' }),
    );
    await provider.getCredentials();
    await w.clock.advance(20 * MINUTE);
    jwt = makeJwt({ sub: 'other', project_id: 'other' });
    expect((await provider.getCredentials({ minValidityMs: 41 * MINUTE })).value).toMatch(/^vother/);
  });

  it.each([-1, 0.5, 86_400_001, '5', Number.NaN])('refuses %j', async (minValidityMs) => {
    const w = fixture();
    const refused = { name: 'OptionError', option: 'minValidityMs', code: 'invalid_option' };
    await expect(
      w.provider().getCredentials({ minValidityMs: minValidityMs as number }),
    ).rejects.toMatchObject(refused);
    expect(() => w.provider(undefined, { minValidityMs: minValidityMs as number })).toThrow(
      expect.objectContaining(refused) as Error,
    );
  });

  it('refuses half of an explicit duration or more', async () => {
    const w = fixture();
    const refused = { name: 'OptionError', option: 'minValidityMs', code: 'conflicting_options' };
    const explicit = { lifetimeMs: HOUR };
    const provider = w.provider(undefined, explicit);
    await expect(provider.getCredentials({ minValidityMs: HOUR / 2 })).rejects.toMatchObject(refused);
    expect((await provider.getCredentials({ minValidityMs: HOUR / 2 - 1 })).value).toBe('v1');
    expect(() => w.provider(undefined, { ...explicit, minValidityMs: HOUR / 2 })).toThrow(
      expect.objectContaining(refused) as Error,
    );
  });
});

describe('minValidityMs of a provider', () => {
  it('holds for each call that gives none itself, on a hit too', async () => {
    const w = fixture();
    const provider = w.provider(undefined, { minValidityMs: 41 * MINUTE });
    const plain = w.provider();
    await provider.getCredentials();
    await provider.getCredentials();
    await w.clock.advance(20 * MINUTE);
    expect((await plain.getCredentials()).value).toBe('v1');
    expect((await provider.getCredentials({ minValidityMs: 0 })).value).toBe('v1');
    expect((await provider.getCredentials()).value).toBe('v2');
    // It is no part of the key: both use one entry.
    expect((await plain.getCredentials()).value).toBe('v2');
    expect(w.attempts).toHaveLength(2);
  });
});

describe('an edge isolate', () => {
  it('starts 1 exchange for 500 concurrent callers in the refresh window, and another a second later at the earliest', async () => {
    vi.stubGlobal('EdgeRuntime', 'edge-runtime');
    const { w, provider } = await cachedFor(0.9 * HOUR);
    w.answer = () => new Promise<never>(() => undefined);
    const ask = () => Promise.all(Array.from({ length: 500 }, () => provider.getCredentials()));
    for (const { value } of await ask()) expect(value).toBe('v1');
    expect(w.attempts).toHaveLength(2);
    await w.clock.advance(999);
    await ask();
    expect(w.attempts).toHaveLength(2);
    await w.clock.advance(1);
    await ask();
    expect(w.attempts).toHaveLength(3);
    await w.clock.advance(10_000);
    expect(w.clock.timers()).toBe(0);
  });
});
