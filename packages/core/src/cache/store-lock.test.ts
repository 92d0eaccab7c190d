import { describe, expect, it } from 'vitest';
import { HOUR, settle, unhandled } from '../provider.fixture.js';
import type { Fleet, MemoryEngine } from './store.fixture.js';
import { fleet, outcomes } from './store.fixture.js';
// Loaded here, since a module that loads takes real time.
import './store-stage.js';

const isLocked = ({ records }: MemoryEngine): boolean =>
  [...records.keys()].some((name) => name.endsWith(':lock'));

/** The engine executes this operation at once, and its reply takes a while. */
function replyLate({ engine, clock }: Fleet, operation: 'lock' | 'takeOver', ms: number): void {
  const executed = engine[operation] as (...given: never[]) => Promise<boolean>;
  Object.assign(engine, {
    async [operation](...given: never[]): Promise<boolean> {
      const reply = await executed(...given);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
      return reply;
    },
  });
}

describe('a lock whose reply comes too late', () => {
  it('is released when it comes, so that another instance leads at once', async () => {
    const own = fleet();
    const { instance, engine, clock, exchanges } = own;
    const { lock } = engine;
    replyLate(own, 'lock', 300);
    const late = instance();
    const call = late.provider().getCredentials();
    await clock.advance(150);
    await call;
    expect(isLocked(engine)).toBe(true);
    await clock.advance(150);
    expect(isLocked(engine)).toBe(false);
    // Its exchange was not written, since the store was too slow.
    expect(outcomes(late)).toEqual(['miss', 'failed']);
    engine.lock = lock;
    await instance().provider().getCredentials();
    expect(exchanges()).toBe(2);
  });

  it('is released after a takeover as well', async () => {
    const own = fleet();
    const { instance, engine, clock } = own;
    const killed = instance({ answer: () => new Promise(() => undefined) });
    void killed
      .provider()
      .getCredentials()
      .catch(() => undefined);
    await settle();
    replyLate(own, 'takeOver', 300);
    const call = instance().provider().getCredentials();
    await clock.advance(750);
    await call;
    expect(isLocked(engine)).toBe(true);
    await clock.advance(150);
    expect(isLocked(engine)).toBe(false);
  });

  it('stays until it ends where it can not be released, which is an event', async () => {
    const own = fleet();
    const { instance, engine, clock } = own;
    replyLate(own, 'lock', 300);
    const handled = unhandled();
    const late = instance();
    const call = late.provider().getCredentials();
    engine.before = (operation) => {
      if (operation === 'unlock') throw Object.assign(new Error('no'), { code: 'NOPERM' });
    };
    await clock.advance(300);
    await call;
    expect(isLocked(engine)).toBe(true);
    const last = late.events.filter(({ type }) => type === 'store').at(-1);
    expect(last).toMatchObject({ outcome: 'failed', operation: 'unlock', code: 'NOPERM' });
    expect(await handled.stop()).toEqual([]);
  });
});

describe('a lock that its refresh has no use for', () => {
  it('is released where the lock of another instance could not be read', async () => {
    const { instance, engine } = fleet();
    engine.before = (operation, name) => {
      if (operation === 'get' && name.endsWith(':lock')) throw new Error('no');
    };
    const w = instance();
    await w.provider().getCredentials();
    expect(outcomes(w)).toEqual(['miss', 'failed']);
    expect(isLocked(engine)).toBe(false);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('no'))],
    ['comes too late', () => new Promise(() => undefined)],
  ])('is released where the write of the record %s', async (_how, write) => {
    const { instance, engine, clock } = fleet();
    engine.set = write as typeof engine.set;
    const w = instance();
    const call = w.provider().getCredentials();
    await clock.advance(150);
    await call;
    expect(outcomes(w)).toEqual(['miss', 'failed']);
    expect(isLocked(engine)).toBe(false);
  });

  it('is released where the refresh ended before the reply', async () => {
    const { instance, engine, clock } = fleet();
    const { lock } = engine;
    engine.before = (operation, name) => {
      if (operation === 'get' && name.endsWith(':lock')) throw new Error('no');
    };
    engine.lock = async (...given) => {
      const reply = await lock(...given);
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 100));
      return reply;
    };
    await instance().provider().getCredentials();
    expect(isLocked(engine)).toBe(true);
    await clock.advance(100);
    expect(isLocked(engine)).toBe(false);
  });

  it('is released where the refresh was abandoned, without a wait', async () => {
    const { instance, engine, clock, exchanges } = fleet();
    const provider = instance().provider();
    const first = await provider.getCredentials();
    engine.records.clear();
    await clock.advance(0.99 * HOUR);
    engine.before = (operation, name) =>
      operation === 'get' && name.endsWith(':lock') ? new Promise(() => undefined) : undefined;
    const waiting = provider.getCredentials();
    await settle();
    expect(isLocked(engine)).toBe(true);
    engine.before = () => undefined;
    provider.invalidate(first);
    // It abandons the refresh from before the refusal, and leads itself: no wait for its own lock.
    expect((await provider.getCredentials()).value).toBe('v0-2');
    await waiting;
    expect(exchanges()).toBe(2);
  });
});
