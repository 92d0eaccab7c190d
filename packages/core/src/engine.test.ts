// Longer than 300 lines: every way a flight can end, against one small world.
import { describe, expect, it } from 'vitest';
import { createCredentialCache } from './cache.js';
import type { Secret } from './world.fixture.js';
import { HOUR, down, gate, makeJwt, refusal, settle, sourceOf, world } from './world.fixture.js';

describe('flights and generations', () => {
  it('keeps what a flight brought although its slot was evicted meanwhile, and every refresh after it', async () => {
    const cache = createCredentialCache({ maxEntries: 1 });
    const w = world({ cache });
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

  it('does not hand a flight from before an invalidation to an evicted and remade slot', async () => {
    const cache = createCredentialCache({ maxEntries: 1 });
    const w = world({ cache });
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

  it('goes on refreshing a slot that was evicted and made again while its flight was under way', async () => {
    const w = world({ cache: createCredentialCache({ maxEntries: 1 }) });
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

  it('does not let an outdated failure hold back what comes after it', async () => {
    const w = world();
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

  it('lets a flight take the whole time it was given, even more than ten seconds', async () => {
    const slow = gate<Secret>();
    const w = world({ exchange: async () => ({ credential: await slow.promise }) });
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
      const w = world({ exchange: () => new Promise<never>(() => undefined) });
      const provider = w.provider(undefined, { timeoutMs });
      const call = provider.getCredentials();
      const seen = expect(call).rejects.toMatchObject({ code: 'timeout', retryable: true });
      await w.clock.advance(timeoutMs);
      await seen;
      expect(w.types().filter((type) => type === 'exchange-started')).toHaveLength(1);
      expect(provider.status().holding).toBeUndefined();
      expect(w.clock.timers()).toBe(0);
    }
  });

  it('abandons a flight that was frozen: its waiters ask again, its timers and its signal are ended', async () => {
    const w = world();
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

  it('takes no answer that waited in a frozen instance: its Date says nothing of the time that went by', async () => {
    const answer = gate<void>();
    const w = world();
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

  it('does not let an outdated success wipe out how things stand', async () => {
    const w = world();
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

  it('starts no second exchange between the landing of a failure and its being remembered', async () => {
    const w = world({ answer: () => Promise.reject(refusal('access_denied')) });
    const token = makeJwt({ sub: 'a' });
    const provider = w.provider(sourceOf(() => token));
    // The flight's own digest of the token takes a turn of the event loop: these callers come within it.
    const calls: Promise<unknown>[] = [provider.getCredentials().catch((error: unknown) => error)];
    for (let turn = 0; turn < 60; turn++) {
      await Promise.resolve();
      calls.push(provider.getCredentials().catch((error: unknown) => error));
      if (turn % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'access_denied' });
    expect(w.attempts).toHaveLength(1);
  });

  it('gives an invalidated credential to nobody, and drops a refresh from before it', async () => {
    const w = world();
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

describe('what takes the place of what', () => {
  it('a refresh of what it refreshed, though it ends earlier: no storm of refreshes that are never kept', async () => {
    const w = world();
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

  it('of two that were under way together, the later expiry, in either order', async () => {
    for (const first of ['a', 'b']) {
      const gates = { a: gate<void>(), b: gate<void>() };
      const w = world({
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
      await Promise.all(calls);
      expect((await provider.getCredentials()).value).toBe('va');
    }
  });
});

describe('forceRefresh and claims', () => {
  it('joins a flight that has sent nothing yet, and else starts one after it', async () => {
    const token = gate<string>();
    const w = world();
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

  it('is refused, not made, where the exchange it waited for was refused for the same token', async () => {
    const answer = gate<void>();
    const w = world({ answer: () => answer.promise });
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

  it('asks a challenge of its own, joins the very same one only, and keeps its answer', async () => {
    const w = world();
    const provider = w.provider();
    await provider.getCredentials();
    const challenge = { request: { claims: 'c' }, skipHeld: true } as const;
    const [one, two, other] = await Promise.all([
      provider.getCredentials(challenge),
      provider.getCredentials(challenge),
      provider.getCredentials({ request: { claims: 'd' }, skipHeld: true }),
    ]);
    expect(one).toEqual(two);
    expect(other).not.toBe(one);
    expect(w.attempts).toHaveLength(3);
    expect(['v2', 'v3']).toContain((await provider.getCredentials()).value);
  });

  it('never lets an ordinary refresh that began before overwrite the answer to a challenge', async () => {
    const w = world();
    const provider = w.provider();
    await provider.getCredentials();
    await w.clock.advance(0.9 * HOUR);
    const late = gate<void>();
    w.answer = ({ request }) => (request.claims === undefined ? late.promise : undefined);
    await provider.getCredentials();
    const challenged = await provider.getCredentials({ request: { claims: 'c' }, skipHeld: true });
    late.open();
    await settle();
    expect(await provider.getCredentials()).toEqual(challenged);
  });

  it('holds the error of a refused challenge from that challenge alone', async () => {
    const w = world();
    const provider = w.provider();
    await provider.getCredentials();
    w.answer = ({ request }) =>
      request.claims === undefined ? undefined : Promise.reject(refusal('invalid_request'));
    const challenge = { request: { claims: 'c' }, skipHeld: true } as const;
    for (let call = 0; call < 5; call++) {
      await expect(provider.getCredentials(challenge)).rejects.toMatchObject({ code: 'invalid_request' });
    }
    expect(w.attempts).toHaveLength(2);
    expect((await provider.getCredentials()).value).toBe('v1');
    expect(w.types()).toContain('refused');
  });
});

describe('the bound', () => {
  it('keeps the most recently used of many keys, tells of each that went, and holds no timer', async () => {
    const w = world({ cache: createCredentialCache({ maxEntries: 10 }) });
    const provider = w.provider();
    const scope = (n: number) => ({ request: { scope: `s${n}` } });
    await provider.getCredentials(scope(0));
    for (let n = 1; n <= 50; n++) {
      await provider.getCredentials(scope(n));
      await provider.getCredentials(scope(0));
    }
    expect(w.cache.state.slots.size).toBe(10);
    expect(w.attempts).toHaveLength(51);
    expect(w.types().filter((type) => type === 'evicted')).toHaveLength(41);
    expect(w.cache.state.flights.size).toBe(0);
    expect(w.clock.timers()).toBe(0);
  });

  it('answers everyone although more keys are asked for at once than are held', async () => {
    const w = world({ cache: createCredentialCache({ maxEntries: 3 }) });
    const provider = w.provider();
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, n) => provider.getCredentials({ request: { scope: `s${n}` } })),
    );
    expect(new Set(all).size).toBe(200);
    expect(w.cache.state.slots.size).toBe(3);
    expect(w.cache.state.flights.size).toBe(0);
  });
});

describe('one machine for all tokens', () => {
  it('recovers within six seconds of an outage in which nothing was held', async () => {
    const w = world({ answer: () => Promise.reject(down()), random: () => 0.999 });
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
