// Longer than 300 lines: what a refresh does with its store, state by state, against one small fleet.
import { describe, expect, it } from 'vitest';
import { HOUR, START, gate, makeJwt, refusal, settle, sourceOf, unhandled } from '../provider.fixture.js';
import { createCredentialCache } from './cache.js';
import { fleet, outcomes, platformSource } from './store.fixture.js';

describe('a second instance', () => {
  it('adopts the record of the first one without an exchange', async () => {
    const { instance, exchanges } = fleet();
    const [first, second] = [instance(), instance()];
    const provider = second.provider();
    const exchanged = await first.provider().getCredentials();
    expect(await provider.getCredentials()).toEqual(exchanged);
    expect(exchanges()).toBe(1);
    expect(outcomes(first)).toEqual(['miss', 'written']);
    expect(outcomes(second)).toEqual(['hit']);
    expect(second.events.at(-1)).toMatchObject({ type: 'served', from: 'store' });
    expect(provider.status()).toMatchObject({
      state: 'fresh',
      from: 'store',
      counts: { served: 1, exchanges: 0, failures: 0 },
    });
    expect(second.types()).not.toContain('exchange-started');
  });

  it('counts the age of an adopted credential from its issue', async () => {
    const { instance, clock } = fleet();
    await instance().provider().getCredentials();
    await clock.advance(HOUR / 2);
    const provider = instance().provider();
    await provider.getCredentials();
    expect(provider.status()).toMatchObject({ since: START, refreshAt: START + 2_790_000 });
  });

  it('draws its own jitter', async () => {
    const { instance } = fleet();
    const [first, second] = [
      instance({ random: () => 0 }).provider(),
      instance({ random: () => 0.9 }).provider(),
    ];
    await first.getCredentials();
    await second.getCredentials();
    expect(second.status().refreshAt).toBeGreaterThan(first.status().refreshAt as number);
  });

  it('serves its cached credential without a look at the store', async () => {
    const { instance, engine } = fleet();
    const provider = instance().provider();
    await provider.getCredentials();
    const before = engine.operations.length;
    await provider.getCredentials();
    expect(engine.operations.length).toBe(before);
    expect(engine.operations).toEqual(['get', 'lock', 'get', 'set']);
  });

  it('exchanges if the record is past the moment of its mandatory refresh', async () => {
    const { instance, clock, engine, exchanges } = fleet();
    await instance().provider().getCredentials();
    // The engine forgot to end it.
    const [name, kept] = [...engine.records].find(([found]) => !found.endsWith(':lock')) as never as [
      string,
      { record: string },
    ];
    await clock.advance(HOUR - 59_000);
    engine.records.set(name, { record: kept.record, endsAt: Infinity });
    await instance().provider().getCredentials();
    expect(exchanges()).toBe(2);
  });
});

describe('what never touches the store', () => {
  const untouched = async (source: ReturnType<typeof platformSource>, options = {}): Promise<string[]> => {
    const { instance, engine } = fleet();
    await instance()
      .provider(source, options)
      .getCredentials()
      .catch(() => undefined);
    return engine.operations;
  };

  it.each([
    ['a token that names its own identity', sourceOf(() => makeJwt(), { identityKey: undefined })],
    ['a caller-named identity, which no token is compared with', sourceOf(() => makeJwt())],
    ['a developer’s token', platformSource({ environment: 'development' })],
    ['a token with a user id', platformSource({ user_id: 'u_1' })],
    ['a token of another identity', platformSource({ project_id: 'prj_other' })],
    [
      'no token',
      sourceOf(() => '', {
        matchesIdentity: () => true,
        token: () => Promise.reject(new Error('There is none.')),
      }),
    ],
  ])('%s', async (_what, source) => {
    expect(await untouched(source)).toEqual([]);
  });

  it('a token that fails `expect`', async () => {
    expect(await untouched(platformSource(), { expect: { projectId: 'prj_1' } })).toEqual([]);
  });

  it('is reported as it is without a store', async () => {
    const w = fleet().instance();
    await expect(
      w.provider(platformSource(), { expect: { projectId: 'p' } }).getCredentials(),
    ).rejects.toThrow('expected identity');
    expect(w.types()).toEqual(['exchange-started', 'exchange-failed']);
  });

  it('reads the subject token once for the store and the exchange', async () => {
    let reads = 0;
    const source = sourceOf(() => makeJwt({ environment: 'production' }), {
      matchesIdentity: () => true,
      token: (_wanted, jwt) => {
        reads += 1;
        return jwt;
      },
    });
    await fleet().instance().provider(source).getCredentials();
    expect(reads).toBe(1);
  });
});

describe('providers with a store and without', () => {
  it('never answer for each other in one process', async () => {
    const { instance, store } = fleet();
    const w = instance();
    const shared = await w.provider().getCredentials();
    const alone = await w.provider(platformSource(), { store: undefined }).getCredentials();
    const other = { ...store, fingerprint: () => 'another key' };
    const otherKey = await w.provider(platformSource(), { store: other }).getCredentials();
    expect(new Set([shared.value, alone.value]).size).toBe(2);
    // The same names, which another key would not give: its record is adopted, not the cached credential served.
    expect(otherKey.value).toBe(shared.value);
    expect(outcomes(w)).toEqual(['miss', 'written', 'hit']);
  });

  it('find their own credential again by `status`', async () => {
    const w = fleet().instance();
    const provider = w.provider();
    expect(provider.status().state).toBe('empty');
    await provider.getCredentials();
    expect(provider.status().state).toBe('fresh');
    expect(w.provider(platformSource(), { store: undefined }).status().state).toBe('empty');
  });
});

describe('a refresh ahead of time', () => {
  const ahead = 2_850_000;

  it('adopts a record that ends later', async () => {
    const { instance, clock, exchanges } = fleet();
    const [early, late] = [instance({ random: () => 0 }), instance({ random: () => 0.9 })];
    const [one, other] = [early.provider(), late.provider()];
    await one.getCredentials();
    await other.getCredentials();
    await clock.advance(ahead);
    await one.getCredentials();
    await settle();
    expect(exchanges()).toBe(2);
    await clock.advance(60_000);
    await other.getCredentials();
    await settle();
    expect(exchanges()).toBe(2);
    expect(outcomes(late)).toEqual(['hit', 'hit']);
    expect(other.status().since).toBe(START + ahead);
  });

  it('is put off while another instance exchanges, and looks again after 1 to 2 s', async () => {
    const { instance, clock, engine, exchanges } = fleet();
    const [leader, follower] = [instance(), instance()];
    const [one, other] = [leader.provider(), follower.provider()];
    await one.getCredentials();
    await other.getCredentials();
    await clock.advance(ahead);
    const exchanging = gate();
    leader.answer = () => exchanging.promise;
    await one.getCredentials();
    await settle();
    const before = await other.getCredentials();
    await settle();
    expect(outcomes(follower)).toEqual(['hit', 'miss', 'deferred']);
    const operations = engine.operations.length;
    await clock.advance(900);
    expect(await other.getCredentials()).toEqual(before);
    await settle();
    expect(engine.operations.length).toBe(operations);
    exchanging.open();
    await settle();
    await clock.advance(700);
    await other.getCredentials();
    await settle();
    expect(exchanges()).toBe(2);
    expect(outcomes(follower).at(-1)).toBe('hit');
  });

  it('is put off for 10 s in all: then this instance exchanges', async () => {
    const { instance, clock, engine, store, exchanges } = fleet();
    const locked = { ...store, engine: { ...engine, lock: async () => false } };
    const provider = instance().provider(undefined, { store: locked });
    await instance().provider().getCredentials();
    await provider.getCredentials();
    await clock.advance(ahead);
    for (let second = 0; second < 9; second++) {
      await provider.getCredentials();
      await clock.advance(1_000);
    }
    expect(exchanges()).toBe(1);
    for (let second = 0; second < 4; second++) {
      await provider.getCredentials();
      await clock.advance(1_000);
    }
    expect(exchanges()).toBe(2);
  });

  it('is not put off for the AWS SDKs’ profile, whose callers wait', async () => {
    const { instance, clock, exchanges } = fleet();
    const [leader, follower] = [
      instance(),
      instance({ cache: createCredentialCache({ profile: 'aws-sdk' }) }),
    ];
    await leader.provider().getCredentials();
    const provider = follower.provider();
    await provider.getCredentials();
    await clock.advance(ahead);
    leader.answer = () => new Promise(() => undefined);
    await leader.provider().getCredentials();
    await settle();
    const call = provider.getCredentials();
    await clock.advance(700);
    await call;
    expect(exchanges()).toBe(3);
    expect(outcomes(follower)).not.toContain('deferred');
  });
});

describe('instances that start together', () => {
  it('make one exchange', async () => {
    const { instance, clock, exchanges } = fleet();
    const exchanging = gate();
    const calls = Array.from({ length: 20 }, () =>
      instance({ answer: () => exchanging.promise })
        .provider()
        .getCredentials(),
    );
    await clock.advance(80);
    exchanging.open();
    await clock.advance(300);
    const values = (await Promise.all(calls)).map(({ value }) => value);
    expect(new Set(values).size).toBe(1);
    expect(exchanges()).toBe(1);
  });

  it('exchange again if the leader fails, one at a time', async () => {
    const { instance, clock, exchanges } = fleet();
    const failing = gate();
    const leader = instance({ answer: () => failing.promise })
      .provider()
      .getCredentials();
    leader.catch(() => undefined);
    await settle();
    const calls = Array.from({ length: 20 }, () => instance().provider().getCredentials());
    await settle();
    failing.fail(refusal('invalid_request'));
    await clock.advance(700);
    await expect(leader).rejects.toThrow('refused the request');
    await Promise.all(calls);
    expect(exchanges()).toBe(2);
  });

  it('take over from a leader that was killed: one of them', async () => {
    const { instance, clock, exchanges } = fleet();
    void instance({ answer: () => new Promise(() => undefined) })
      .provider()
      .getCredentials()
      .catch(() => undefined);
    await settle();
    const calls = Array.from({ length: 20 }, () => instance().provider().getCredentials());
    await clock.advance(1_000);
    await Promise.all(calls);
    expect(exchanges()).toBe(2);
  });

  it('do not wait with `waitForLeaderMs: 0`', async () => {
    const { instance, exchanges } = fleet({ waitForLeaderMs: 0 });
    const exchanging = gate();
    const own = () => instance({ answer: () => exchanging.promise });
    const calls = [own(), own()].map((one) => one.provider().getCredentials());
    await settle();
    exchanging.open();
    await Promise.all(calls);
    expect(exchanges()).toBe(2);
  });

  it('wait for a quarter of what is left of the invocation, twice at most', async () => {
    const { instance, clock, exchanges } = fleet();
    void instance({ answer: () => new Promise(() => undefined) })
      .provider()
      .getCredentials()
      .catch(() => undefined);
    await settle();
    const invocation = () => ({ deadline: clock.now() + 900 });
    const call = instance().provider(undefined, { invocation }).getCredentials();
    await clock.advance(101);
    await call;
    expect(exchanges()).toBe(2);
  });

  it('make an exchange each where the store has no lock', async () => {
    const { instance, engine, store, exchanges } = fleet();
    const { get, set, delete: remove } = engine;
    const unlocked = { ...store, engine: { get, set, delete: remove } };
    const exchanging = gate();
    const own = () => instance({ answer: () => exchanging.promise });
    const calls = [own(), own()].map((one) => one.provider(undefined, { store: unlocked }).getCredentials());
    await settle();
    exchanging.open();
    await Promise.all(calls);
    expect(exchanges()).toBe(2);
    await instance().provider(undefined, { store: unlocked }).getCredentials();
    expect(exchanges()).toBe(2);
  });
});

describe('a credential that a service refused', () => {
  it('is not adopted again, and its record is deleted', async () => {
    const { instance, clock, exchanges } = fleet();
    const w = instance();
    const provider = w.provider();
    await instance().provider().getCredentials();
    const refused = await provider.getCredentials();
    await clock.advance(20_000);
    provider.invalidate(refused);
    const next = await provider.getCredentials();
    expect(next.value).not.toBe(refused.value);
    expect(exchanges()).toBe(2);
    expect(outcomes(w)).toEqual(['hit', 'deleted', 'miss', 'written']);
    expect(await instance().provider().getCredentials()).toEqual(next);
  });

  it('is replaced by a record that was issued later', async () => {
    const { instance, clock, exchanges } = fleet();
    const [w, other] = [instance(), instance()];
    const provider = w.provider();
    const refused = await provider.getCredentials();
    await clock.advance(20_000);
    const later = await other.provider().getCredentials({ forceRefresh: true });
    provider.invalidate(refused);
    expect(await provider.getCredentials()).toEqual(later);
    expect(exchanges()).toBe(2);
  });

  it('is refused for good: a replayed record is no answer after the next credential has ended', async () => {
    const { instance, clock, engine } = fleet();
    const w = instance();
    const provider = w.provider();
    w.answer = ({ n }) => w.good(n, n === 1 ? 2 * HOUR : HOUR / 4);
    const refused = await provider.getCredentials();
    const replayed = [...engine.records].filter(([name]) => !name.endsWith(':lock'));
    await clock.advance(20_000);
    provider.invalidate(refused);
    await provider.getCredentials();
    await clock.advance(HOUR / 4);
    for (const [name, record] of replayed) engine.records.set(name, record);
    expect((await provider.getCredentials()).value).not.toBe(refused.value);
  });
});

describe('an adopted credential', () => {
  it('does not replace the result of an exchange that ends later', async () => {
    const { instance, clock, engine } = fleet();
    const w = instance();
    w.answer = () => w.good('short', 200_000);
    await w.provider().getCredentials();
    await clock.advance(110_000);
    const reading = gate();
    const second = instance();
    const provider = second.provider();
    engine.before = () => reading.promise;
    const adopting = provider.getCredentials({ request: { claims: 'one region' } });
    await settle();
    engine.before = () => undefined;
    const exchanged = await provider.getCredentials({ request: { claims: 'another' }, forceRefresh: true });
    reading.open();
    await adopting;
    expect(await provider.getCredentials()).toEqual(exchanged);
  });

  it('is replaced by the result of an exchange that started earlier', async () => {
    const { instance, clock } = fleet();
    const w = instance();
    w.answer = () => w.good('short', 200_000);
    await w.provider().getCredentials();
    await clock.advance(110_000);
    const second = instance();
    const exchanging = gate();
    second.answer = () => exchanging.promise;
    const provider = second.provider();
    const forced = provider.getCredentials({ request: { claims: 'one' }, forceRefresh: true });
    await settle();
    expect((await provider.getCredentials()).value).toBe('v0-short');
    exchanging.open();
    const exchanged = await forced;
    expect(await provider.getCredentials()).toEqual(exchanged);
  });

  it('is no answer to a call that demands more validity', async () => {
    const { instance, clock, exchanges } = fleet();
    await instance().provider().getCredentials();
    await clock.advance(HOUR / 2);
    await instance()
      .provider()
      .getCredentials({ minValidityMs: 40 * 60_000 });
    expect(exchanges()).toBe(2);
  });

  it('is known to end later than it is served, where the engine tells no time to live', async () => {
    const { instance, clock, engine, store } = fleet();
    const untimed = {
      ...store,
      engine: {
        ...engine,
        get: async (...given: Parameters<typeof engine.get>) => {
          const found = await engine.get(...given);
          return found && { record: found.record };
        },
      },
    };
    await instance().provider(undefined, { store: untimed }).getCredentials();
    const slow = instance();
    const provider = slow.provider(undefined, { store: untimed });
    await provider.getCredentials();
    expect(provider.status().until).toBe(START + HOUR - 60_000);
    await clock.advance(1);
  });
});

describe('a refresh that is not adopted', () => {
  it('starts again after its credential was invalidated during the store stage', async () => {
    const { instance, clock, engine } = fleet();
    const w = instance();
    const provider = w.provider();
    const refused = await provider.getCredentials();
    await clock.advance(2_850_000);
    const reading = gate();
    engine.before = () => reading.promise;
    await provider.getCredentials();
    await settle();
    provider.invalidate(refused);
    engine.before = () => undefined;
    reading.open();
    await settle();
    expect((await provider.getCredentials()).value).not.toBe(refused.value);
  });

  it('leaves failures unstored, and releases its lock', async () => {
    const { instance, engine } = fleet();
    const w = instance({ answer: () => Promise.reject(refusal('invalid_request')) });
    const handled = unhandled();
    await expect(w.provider().getCredentials()).rejects.toThrow('refused the request');
    expect(engine.records.size).toBe(0);
    expect(engine.operations.filter((operation) => operation === 'set')).toEqual([]);
    expect(await handled.stop()).toEqual([]);
  });
});
