// Longer than 300 lines: every way a refresh can end, against one cloud that tests tell what to answer.

import { describe, expect, it, vi } from 'vitest';
import type { Secret } from '../provider.fixture.js';
import { down, gate, HOUR, makeJwt, refusal, settle, sourceOf, fixture } from '../provider.fixture.js';
import { createCredentialCache } from './cache.js';

describe('the result of a refresh', () => {
  it('stores the result of a refresh whose entry was evicted meanwhile, and every later result', async () => {
    const cache = createCredentialCache({ maxEntries: 1 });
    const w = fixture({ cache });
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(20_000);
    provider.invalidate();
    await provider.getCredentials();
    await w.clock.advance(20_000);
    provider.invalidate();
    const held = gate<void>();
    w.answer = ({ request }) => (request.scope === undefined ? held.promise : undefined);
    const waiting = provider.getCredentials();
    await settle();
    await provider.getCredentials({ request: { scope: 'other' } });
    w.answer = () => undefined;
    held.open();
    await waiting;
    await provider.getCredentials();
    await w.clock.advance(HOUR + 1);
    await provider.getCredentials();
    const before = w.attempts.length;
    await provider.getCredentials();
    expect(w.attempts.length).toBe(before);
    expect(provider.status().state).toBe('fresh');
  });

  it('does not store a refresh from before an invalidation in an entry that was evicted and created again', async () => {
    const cache = createCredentialCache({ maxEntries: 1 });
    const w = fixture({ cache });
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(0.9 * HOUR);
    const late = gate<void>();
    w.answer = () => late.promise;
    await provider.getCredentials();
    provider.invalidate();
    w.answer = () => undefined;
    await provider.getCredentials({ request: { scope: 'other' } });
    late.open();
    await settle();
    const now = await provider.getCredentials();
    expect(now.value).toBe('v4');
  });

  it('keeps refreshing an entry that was evicted and created again while its refresh was in flight', async () => {
    const w = fixture({ cache: createCredentialCache({ maxEntries: 1 }) });
    const provider = w.provider();
    for (let round = 0; round < 3; round++) {
      await provider.getCredentials();
      await w.clock.advance(20_000);
      provider.invalidate();
    }
    const held = gate<void>();
    w.answer = ({ request }) => (request.scope === undefined ? held.promise : undefined);
    const waiting = provider.getCredentials();
    await settle();
    await provider.getCredentials({ request: { scope: 'other' } });
    const joining = provider.getCredentials();
    await settle();
    w.answer = () => undefined;
    held.open();
    expect(await joining).toEqual(await waiting);
    await w.clock.advance(HOUR);
    const refreshed = await provider.getCredentials();
    expect(await provider.getCredentials()).toEqual(refreshed);
  });

  it('does not delay later attempts after the failure of an outdated refresh', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(0.9 * HOUR);
    const late = gate<void>();
    w.answer = () => late.promise;
    await provider.getCredentials();
    await settle();
    provider.invalidate();
    late.fail(refusal('invalid_request'));
    await settle();
    w.answer = () => undefined;
    expect((await provider.getCredentials()).value).toBe('v3');
  });

  it('gives a refresh the whole `timeoutMs`, even more than ten seconds', async () => {
    const slow = gate<Secret>();
    const w = fixture({ exchange: async () => ({ credential: await slow.promise }) });
    const provider = w.provider(undefined, { timeoutMs: 30_000 });
    const first = provider.getCredentials();
    await w.clock.advance(12_000);
    const second = provider.getCredentials();
    await settle();
    slow.open({ value: 'slow', expiresAt: w.clock.now() + HOUR });
    expect((await first).value).toBe('slow');
    expect((await second).value).toBe('slow');
    expect(w.types().filter((type) => type === 'exchange-started')).toHaveLength(1);
    expect(w.types()).not.toContain('abandoned');
    expect(w.clock.timers()).toBe(0);
  });

  it('fails with a timeout, once, where a driver hangs and ignores its signal', async () => {
    for (const timeoutMs of [100, 8_000, 30_000]) {
      const w = fixture({ exchange: () => new Promise<never>(() => undefined) });
      const provider = w.provider(undefined, { timeoutMs });
      const call = provider.getCredentials();
      const seen = expect(call).rejects.toMatchObject({ code: 'timeout', retryable: true });
      await w.clock.advance(timeoutMs);
      await seen;
      expect(w.types().filter((type) => type === 'exchange-started')).toHaveLength(1);
      expect(provider.status().backoff).toBeUndefined();
      expect(w.clock.timers()).toBe(0);
    }
  });

  it('abandons a refresh that was frozen: its callers start again, its timers and its signal end', async () => {
    const w = fixture();
    w.answer = ({ n }) => (n === 1 ? new Promise(() => undefined) : undefined);
    const provider = w.provider();
    const frozen = provider.getCredentials();
    await settle();
    w.clock.jumpWall(600_000);
    const thawed = provider.getCredentials();
    expect((await thawed).value).toBe('v2');
    expect((await frozen).value).toBe('v2');
    await settle();
    expect(w.attempts).toHaveLength(2);
    expect(w.attempts[0]?.signal.aborted).toBe(true);
    expect(w.types()).toContain('abandoned');
    expect(w.clock.timers()).toBe(0);
  });

  it('drops a response that waited in a frozen process: its Date does not show the time since', async () => {
    const answer = gate<void>();
    const w = fixture();
    w.answer = async ({ n }) => {
      if (n > 1) return undefined;
      const issued = { ...w.good(1, 900_000), serverDate: w.clock.now() };
      await answer.promise;
      return issued;
    };
    const provider = w.provider();
    const call = provider.getCredentials();
    await settle();
    w.clock.jumpWall(600_000);
    answer.open();
    expect((await call).value).toBe('v2');
    await w.clock.advance(600_000);
    expect((await provider.getCredentials()).value).toBe('v2');
  });

  it('does not clear a later rejection with the success of an outdated refresh', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(0.9 * HOUR);
    const late = gate<void>();
    w.answer = () => late.promise;
    await provider.getCredentials();
    await settle();
    provider.invalidate();
    w.answer = () => Promise.reject(refusal('target_not_found'));
    await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'target_not_found' });
    late.open();
    await settle();
    await expect(provider.getCredentials()).rejects.toMatchObject({ code: 'target_not_found' });
    expect(w.attempts).toHaveLength(3);
  });

  it('starts no second exchange between the end of a failed one and the storing of its backoff', async () => {
    const w = fixture({ answer: () => Promise.reject(refusal('access_denied')) });
    const token = makeJwt({ sub: 'a' });
    const provider = w.provider(sourceOf(() => token));
    // The refresh's own digest of the token takes a turn of the event loop: these callers come within it.
    const calls: Promise<unknown>[] = [provider.getCredentials().catch((error: unknown) => error)];
    for (let turn = 0; turn < 60; turn++) {
      await Promise.resolve();
      calls.push(provider.getCredentials().catch((error: unknown) => error));
      if (turn % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'access_denied' });
    expect(w.attempts).toHaveLength(1);
  });

  it('never serves an invalidated credential, and drops a refresh that started before the invalidation', async () => {
    const w = fixture();
    const provider = w.provider();
    const first = await provider.getCredentials();
    await w.clock.advance(0.9 * HOUR);
    const late = gate<void>();
    w.answer = ({ n }) => (n === 2 ? late.promise : undefined);
    expect(await provider.getCredentials()).toEqual(first);
    provider.invalidate(first);
    expect(w.types()).toContain('invalidated');
    const second = await provider.getCredentials();
    expect(second.value).toBe('v3');
    late.open();
    await settle();
    expect(await provider.getCredentials()).toEqual(second);
  });
});

describe('which result is kept', () => {
  it('that of a refresh although it expires earlier than the cached one: no storm of refreshes that are never kept', async () => {
    const w = fixture();
    const provider = w.provider();
    w.answer = ({ n }) => w.good(n, n === 1 ? 6 * HOUR : 300_000);
    await provider.getCredentials();
    await w.clock.advance(6 * HOUR - 800_000);
    await provider.getCredentials();
    await settle();
    expect((await provider.getCredentials()).value).toBe('v2');
    await provider.getCredentials();
    await settle();
    expect(w.attempts).toHaveLength(2);
  });

  it('of two in flight together, the one that started later: whichever ends first, and whatever lives longer', async () => {
    for (const first of ['a', 'b']) {
      const gates = { a: gate<void>(), b: gate<void>() };
      const w = fixture({
        answer: async ({ request }) => {
          await gates[request.claims as 'a' | 'b'].promise;
          return w.good(String(request.claims), request.claims === 'a' ? HOUR : HOUR / 2);
        },
      });
      const provider = w.provider();
      const calls = ['a', 'b'].map((claims) =>
        provider.getCredentials({ lateRequest: async () => ({ claims }) }),
      );
      await settle();
      gates[first as 'a' | 'b'].open();
      await settle();
      gates.a.open();
      gates.b.open();
      // Each caller receives its own result; the cache keeps that of the later start.
      expect((await Promise.all(calls)).map(({ value }) => value)).toEqual(['va', 'vb']);
      expect((await provider.getCredentials()).value).toBe('vb');
    }
  });

  it('the failure of a refresh that started earlier delays no attempt', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(0.9 * HOUR);
    const early = gate<void>();
    w.answer = () => early.promise;
    await provider.getCredentials();
    await settle();
    w.answer = () => undefined;
    await provider.getCredentials({ request: { claims: 'c' }, skipCached: true });
    early.fail(refusal('invalid_request'));
    await settle();
    expect(provider.status()).toMatchObject({ state: 'fresh', backoff: undefined });
  });
});

describe('forceRefresh and claims', () => {
  it('joins a refresh that has sent nothing yet, and otherwise starts one after it', async () => {
    const token = gate<string>();
    const w = fixture();
    const provider = w.provider(sourceOf(() => makeJwt(), { token: () => token.promise }));
    const ordinary = provider.getCredentials();
    await settle();
    const forced = provider.getCredentials({ forceRefresh: true });
    await settle();
    token.open(makeJwt());
    expect((await ordinary).value).toBe('v1');
    expect((await forced).value).toBe('v1');

    const answer = gate<void>();
    w.answer = ({ n }) => (n === 2 ? answer.promise : undefined);
    const sent = provider.getCredentials({ forceRefresh: true });
    await settle();
    const after = [1, 2, 3].map(() => provider.getCredentials({ forceRefresh: true }));
    await settle();
    expect(w.attempts).toHaveLength(2);
    answer.open();
    expect((await sent).value).toBe('v2');
    expect((await Promise.all(after)).map(({ value }) => value)).toEqual(['v3', 'v3', 'v3']);
    expect((await provider.getCredentials()).value).toBe('v3');
    expect(w.clock.timers()).toBe(0);
  });

  it('fails without an exchange where the refresh that it waited for was refused for the same token', async () => {
    const answer = gate<void>();
    const w = fixture({ answer: () => answer.promise });
    const provider = w.provider();
    const ordinary = expect(provider.getCredentials()).rejects.toMatchObject({ code: 'access_denied' });
    await settle();
    const forced = expect(provider.getCredentials({ forceRefresh: true })).rejects.toMatchObject({
      code: 'access_denied',
    });
    await settle();
    answer.fail(refusal('access_denied'));
    await Promise.all([ordinary, forced]);
    expect(w.attempts).toHaveLength(1);
  });

  it('starts a refresh for each claims challenge, joins that of the same claims, and keeps its result', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    const challenge = { request: { claims: 'c' }, skipCached: true } as const;
    const [one, two, other] = await Promise.all([
      provider.getCredentials(challenge),
      provider.getCredentials(challenge),
      provider.getCredentials({ request: { claims: 'd' }, skipCached: true }),
    ]);
    expect(one).toEqual(two);
    expect(other).not.toBe(one);
    expect(w.attempts).toHaveLength(3);
    expect(['v2', 'v3']).toContain((await provider.getCredentials()).value);
  });

  it('never replaces the answer to a challenge by an ordinary refresh that started before', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(0.9 * HOUR);
    const late = gate<void>();
    w.answer = ({ request }) => (request.claims === undefined ? late.promise : undefined);
    await provider.getCredentials();
    const challenged = await provider.getCredentials({ request: { claims: 'c' }, skipCached: true });
    late.open();
    await settle();
    expect(await provider.getCredentials()).toEqual(challenged);
  });

  it('keeps the answer to a challenge although an ordinary refresh starts meanwhile and ends later', async () => {
    for (const isolate of [() => undefined, () => vi.stubGlobal('EdgeRuntime', 'edge-runtime')]) {
      isolate();
      const w = fixture();
      const provider = w.provider();
      await provider.getCredentials();
      await w.clock.advance(0.9 * HOUR);
      const challenge = gate<void>();
      const ordinary = gate<void>();
      w.answer = ({ request }) => (request.claims === undefined ? ordinary.promise : challenge.promise);
      const challenged = provider.getCredentials({ request: { claims: 'c' }, skipCached: true });
      await settle();
      const plain = provider.getCredentials();
      const forced = provider.getCredentials({ forceRefresh: true });
      await settle();
      challenge.open();
      const answer = await challenged;
      ordinary.open();
      await Promise.all([plain, forced]);
      await settle();
      expect((await provider.getCredentials()).value).toBe(answer.value);
      vi.unstubAllGlobals();
    }
  });

  it('starts no ordinary refresh while a challenge is in flight: its result serves other callers, its failure does not', async () => {
    for (const isRefused of [false, true]) {
      const challenge = gate<void>();
      const w = fixture({
        answer: ({ request }) => (request.claims === undefined ? undefined : challenge.promise),
      });
      const provider = w.provider();
      const challenged = provider.getCredentials({ request: { claims: 'c' }, skipCached: true });
      await settle();
      const plain = provider.getCredentials();
      await settle();
      expect(w.attempts).toHaveLength(1);
      if (isRefused) {
        challenge.fail(refusal('invalid_request'));
        await expect(challenged).rejects.toMatchObject({ code: 'invalid_request' });
        expect((await plain).value).toBe('v2');
      } else {
        challenge.open();
        expect(await plain).toEqual(await challenged);
      }
      expect(w.cache.state.challenges.size).toBe(0);
      expect(w.clock.timers()).toBe(0);
    }
  });

  it('caches the error of a refused challenge for that challenge alone', async () => {
    const w = fixture();
    const provider = w.provider();
    await provider.getCredentials();
    w.answer = ({ request }) =>
      request.claims === undefined ? undefined : Promise.reject(refusal('invalid_request'));
    const challenge = { request: { claims: 'c' }, skipCached: true } as const;
    for (let call = 0; call < 5; call++) {
      await expect(provider.getCredentials(challenge)).rejects.toMatchObject({ code: 'invalid_request' });
    }
    expect(w.attempts).toHaveLength(2);
    expect((await provider.getCredentials()).value).toBe('v1');
    expect(w.types()).toContain('refused');
  });
});

describe('the bound', () => {
  it('keeps the most recently used of many keys, emits an event for each evicted one, and leaves no timer', async () => {
    const w = fixture({ cache: createCredentialCache({ maxEntries: 10 }) });
    const provider = w.provider();
    const scope = (n: number) => ({ request: { scope: `s${n}` } });
    await provider.getCredentials(scope(0));
    for (let n = 1; n <= 50; n++) {
      await provider.getCredentials(scope(n));
      await provider.getCredentials(scope(0));
    }
    expect(w.cache.state.entries.size).toBe(10);
    expect(w.attempts).toHaveLength(51);
    expect(w.types().filter((type) => type === 'evicted')).toHaveLength(41);
    expect(w.cache.state.refreshes.size).toBe(0);
    expect(w.clock.timers()).toBe(0);
  });

  it('serves all callers although they use more keys at once than the cache keeps', async () => {
    const w = fixture({ cache: createCredentialCache({ maxEntries: 3 }) });
    const provider = w.provider();
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, n) => provider.getCredentials({ request: { scope: `s${n}` } })),
    );
    expect(new Set(all).size).toBe(200);
    expect(w.cache.state.entries.size).toBe(3);
    expect(w.cache.state.refreshes.size).toBe(0);
  });
});

describe('an outage', () => {
  it('recovers within six seconds after an outage in which nothing was cached', async () => {
    const w = fixture({ answer: () => Promise.reject(down()), random: () => 0.999 });
    const provider = w.provider();
    for (let second = 0; second < 300; second++) {
      const call = provider.getCredentials().catch(() => undefined);
      await w.clock.advance(1_000);
      await call;
    }
    w.answer = () => undefined;
    let recovered = -1;
    for (let second = 0; second < 10 && recovered < 0; second++) {
      if ((await provider.getCredentials().catch(() => undefined)) !== undefined) recovered = second;
      else await w.clock.advance(1_000);
    }
    expect(recovered).toBeGreaterThanOrEqual(0);
    expect(recovered).toBeLessThanOrEqual(6);
    expect(w.clock.timers()).toBe(0);
  });
});
