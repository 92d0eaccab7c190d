import { describe, expect, it } from 'vitest';
import { HOUR, gate, settle, unhandled } from '../provider.fixture.js';
import type { MemoryEngine } from './store.fixture.js';
import { fleet, outcomes } from './store.fixture.js';

const never = (): Promise<never> => new Promise(() => undefined);
const fails = (code?: string) => (): never => {
  throw Object.assign(new Error('SET test:1 crx1.secret'), { code, command: { args: ['crx1.secret'] } });
};

/** The names of the records. Locks are released: they outlast the exchange that they were for. */
function recordNames({ records }: MemoryEngine): string[] {
  for (const name of records.keys()) if (name.endsWith(':lock')) records.delete(name);
  return [...records.keys()];
}

describe('a store that fails', () => {
  it('costs no call: the instance exchanges', async () => {
    const { instance, engine } = fleet();
    const handled = unhandled();
    engine.before = fails('ECONNREFUSED');
    const w = instance();
    expect((await w.provider().getCredentials()).value).toBe('v0-1');
    expect(w.events.filter(({ type }) => type === 'store')).toEqual([
      {
        type: 'store',
        provider: 'test',
        outcome: 'failed',
        operation: 'get',
        code: 'ECONNREFUSED',
        durationMs: 0,
      },
    ]);
    expect(await handled.stop()).toEqual([]);
  });

  it('is named in no event, and no word of what it threw is', async () => {
    const { instance, engine } = fleet();
    engine.before = fails('AKIAIOSFODNN7EXAMPLE');
    const w = instance();
    await w.provider().getCredentials();
    expect(JSON.stringify(w.events)).not.toMatch(/crx1|AKIA|test:1/);
  });

  it('hangs for at most 150 ms a refresh', async () => {
    const { instance, engine, clock, exchanges } = fleet();
    engine.before = never;
    const w = instance();
    let done = false;
    void w
      .provider()
      .getCredentials()
      .then(() => (done = true));
    await clock.advance(149);
    expect(done).toBe(false);
    await clock.advance(1);
    expect(done).toBe(true);
    expect(exchanges()).toBe(1);
    expect(w.events).toContainEqual(expect.objectContaining({ outcome: 'failed', code: 'TIMEOUT' }));
    expect(clock.timers()).toBe(0);
  });

  it('is slow for at most 150 ms a refresh, all operations together', async () => {
    const { instance, engine, clock } = fleet();
    engine.before = () => new Promise<void>((resolve) => clock.setTimeout(resolve, 60));
    let done = false;
    void instance()
      .provider()
      .getCredentials()
      .then(() => (done = true));
    // 60 ms for the record, 60 ms for the lock, and the last 30 ms for a write that does not come through.
    await clock.advance(149);
    expect(done).toBe(false);
    await clock.advance(1);
    expect(done).toBe(true);
  });

  it('is skipped for 30 s after three failures in a row, then tried again', async () => {
    const { instance, engine, clock } = fleet();
    engine.before = fails();
    const w = instance();
    const provider = w.provider();
    for (let call = 0; call < 5; call++) await provider.getCredentials({ request: { scope: `${call}` } });
    expect(outcomes(w)).toEqual(['failed', 'failed', 'failed', 'skipped', 'skipped']);
    expect(engine.operations.length).toBe(3);
    await clock.advance(29_999);
    await provider.getCredentials({ request: { scope: 'a' } });
    expect(engine.operations.length).toBe(3);
    await clock.advance(1);
    engine.before = () => undefined;
    await provider.getCredentials({ request: { scope: 'b' } });
    await provider.getCredentials({ request: { scope: 'c' } });
    expect(outcomes(w).slice(-4)).toEqual(['miss', 'written', 'miss', 'written']);
  });

  it('is skipped again at once if it still fails', async () => {
    const { instance, engine, clock } = fleet();
    engine.before = fails();
    const w = instance();
    const provider = w.provider();
    for (let call = 0; call < 3; call++) await provider.getCredentials({ request: { scope: `${call}` } });
    await clock.advance(30_000);
    await provider.getCredentials({ request: { scope: 'a' } });
    await provider.getCredentials({ request: { scope: 'b' } });
    expect(outcomes(w).slice(-2)).toEqual(['failed', 'skipped']);
  });

  it('that can not be written is still read', async () => {
    const { instance, engine, exchanges } = fleet();
    await instance().provider().getCredentials();
    engine.before = (operation) => (operation === 'get' ? undefined : fails('READONLY')());
    const w = instance();
    const provider = w.provider();
    for (let call = 0; call < 5; call++) await provider.getCredentials({ request: { scope: `${call}` } });
    expect(outcomes(w)).toEqual(['miss', 'failed', 'miss', 'failed', 'miss', 'failed', 'miss', 'miss']);
    const before = exchanges();
    await instance().provider().getCredentials();
    expect(exchanges()).toBe(before);
  });

  it('has a lock whose value is gone: the instance waits for the record', async () => {
    const { instance, engine, clock, exchanges } = fleet();
    engine.lock = async () => false;
    engine.get = async () => null as never;
    const w = instance();
    const call = w.provider().getCredentials();
    await clock.advance(2_000);
    await call;
    expect(exchanges()).toBe(1);
    expect(outcomes(w)).not.toContain('failed');
  });

  it('fails while an instance waits for the leader: it exchanges', async () => {
    const { instance, engine, clock, exchanges } = fleet();
    void instance({ answer: never })
      .provider()
      .getCredentials()
      .catch(() => undefined);
    await settle();
    const call = instance().provider().getCredentials();
    await settle();
    engine.before = never;
    await clock.advance(300);
    await call;
    expect(exchanges()).toBe(2);
  });

  it('takes the encrypted store’s own failure as its failure', async () => {
    const { instance, store } = fleet();
    const broken = {
      ...store,
      recordName: () => Promise.reject(new Error('crypto.subtle is undefined')),
    };
    const w = instance();
    await w.provider(undefined, { store: broken }).getCredentials();
    expect(outcomes(w)).toEqual(['failed']);
  });

  it('answers late: nothing is unhandled, nothing is changed', async () => {
    const { instance, engine, clock } = fleet();
    const handled = unhandled();
    const late = gate();
    engine.before = () => late.promise;
    const w = instance();
    const provider = w.provider();
    const call = provider.getCredentials();
    await clock.advance(150);
    const own = await call;
    late.fail(new Error('late'));
    await settle();
    expect(await provider.getCredentials()).toEqual(own);
    expect(await handled.stop()).toEqual([]);
  });
});

describe('a record that is no good', () => {
  it.each([
    ['is not readable', '{"name":"x","record":{},"endsAt":1}'],
    ['is too long', 'x'.repeat(65_537)],
    ['is not text', 12 as never],
  ])('%s: it is a miss, and an event', async (_what, record) => {
    const { instance, engine, exchanges } = fleet();
    await instance().provider().getCredentials();
    for (const name of recordNames(engine)) engine.records.set(name, { record, endsAt: Infinity });
    const w = instance();
    await w.provider().getCredentials();
    expect(exchanges()).toBe(2);
    expect(outcomes(w)[0]).toBe('unreadable');
  });

  type Change = (record: { -readonly [K in string]: unknown }, now: number) => void;
  it.each<[string, Change]>([
    ['another key', (record) => (record['key'] = 'another')],
    ['another provider', (record) => (record['provider'] = 'another')],
    ['the future', (record, now) => (record['issuedAt'] = now + 60_001)],
    ['a lifetime that is over', (record) => (record['lifetimeMs'] = 1_000)],
    ['a credential that ended', (record, now) => (record['credential'] = { value: 'x', expiresAt: now - 1 })],
  ])('is of %s: it is a miss', async (_what, change) => {
    const { instance, engine, clock, exchanges } = fleet();
    await instance().provider().getCredentials();
    for (const name of recordNames(engine)) {
      const read = JSON.parse(engine.records.get(name)?.record as string) as {
        record: Record<string, unknown>;
      };
      change(read.record, clock.now());
      engine.records.set(name, { record: JSON.stringify(read), endsAt: Infinity });
    }
    const w = instance();
    expect((await w.provider().getCredentials()).value).toBe('v1-1');
    expect(exchanges()).toBe(2);
  });

  it('has an implausible time to live: it is read by the clock', async () => {
    for (const ttlMs of [Number.NaN, -5, 10 * HOUR, 'x' as never]) {
      const { instance, engine, store, clock } = fleet();
      await instance().provider().getCredentials();
      await clock.advance(HOUR / 2);
      const odd = {
        ...store,
        engine: {
          ...engine,
          get: async (...given: Parameters<typeof engine.get>) => {
            const found = await engine.get(...given);
            return found && { ...found, ttlMs };
          },
        },
      };
      const provider = instance().provider(undefined, { store: odd });
      await provider.getCredentials();
      expect(provider.status().since).toBe(clock.now() - HOUR / 2);
    }
  });
});
