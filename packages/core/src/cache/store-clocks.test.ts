import { describe, expect, it } from 'vitest';
import type { ManualClock } from '@credex/testing/clock';
import { HOUR, settle } from '../provider.fixture.js';
import type { Fleet } from './store.fixture.js';
import { fleet, outcomes } from './store.fixture.js';
import './store-stage.js';

const MINUTE = 60_000;

/** The same time, by a wall clock that is wrong. */
const wrong = (clock: ManualClock, offMs: number): ManualClock => ({
  ...clock,
  now: () => clock.now() + offMs,
});

/** The store as an engine that does not tell how long a record still lives. */
const untimed = ({ store, engine }: Fleet): Fleet['store'] => ({
  ...store,
  engine: {
    ...engine,
    async get(...given) {
      const found = await engine.get(...given);
      return found && { record: found.record };
    },
  },
});

/** What instances with wrong clocks serve after the credential's end, by the server's clock, over two hours. */
async function servedLate(writerMs: number, readerMs: number, isTimed: boolean): Promise<number> {
  const own = fleet();
  const { clock } = own;
  const store = isTimed ? own.store : untimed(own);
  const providers = [writerMs, readerMs].map((offMs) => {
    const instance = own.instance({
      clock: wrong(clock, offMs),
      answer: ({ n }) => ({
        credential: { value: `${offMs}-${n}`, expiresAt: clock.now() + HOUR },
        serverDate: clock.now(),
        maxLifetimeMs: HOUR,
      }),
    });
    return { instance, provider: instance.provider(undefined, { store }) };
  });
  let late = 0;
  for (let minute = 0; minute < 120; minute += 5) {
    for (const { instance, provider } of providers) {
      // From the middle of its life on, the token service is down.
      if (minute === 30) instance.answer = () => Promise.reject(new Error('down'));
      const credential = await Promise.race([
        provider.getCredentials().catch(() => undefined),
        clock.advance(9_000).then(() => undefined),
      ]);
      if (credential !== undefined && credential.expiresAt <= clock.now()) late += 1;
    }
    await clock.advance(5 * MINUTE);
  }
  await settle();
  return late;
}

describe('instances whose clocks are wrong', () => {
  const pairs = (minutes: number) => {
    const off = [-minutes, 0, minutes].map((one) => one * MINUTE);
    return off.flatMap((writer) => off.map((reader) => [writer, reader] as const));
  };

  it('by up to 10 minutes serve nothing expired, where the engine tells the time to live', async () => {
    const late = [];
    for (const [writer, reader] of pairs(10)) late.push(await servedLate(writer, reader, true));
    expect(late.reduce((sum, one) => sum + one, 0)).toBe(0);
  });

  it('by up to a minute serve nothing expired, where it does not', async () => {
    const late = [];
    for (const [writer, reader] of pairs(1)) late.push(await servedLate(writer, reader, false));
    expect(late.reduce((sum, one) => sum + one, 0)).toBe(0);
  });

  it('by up to a minute serve nothing expired, although the engine overstates the time to live', async () => {
    const own = fleet();
    const { clock, engine } = own;
    await own.instance().provider().getCredentials();
    const store = {
      ...own.store,
      engine: {
        ...engine,
        async get(...given: Parameters<typeof engine.get>) {
          const found = await engine.get(...given);
          return found && { record: found.record, ttlMs: HOUR };
        },
      },
    };
    await clock.advance(50 * MINUTE);
    const slow = own.instance({
      clock: wrong(clock, -59_000),
      answer: () => Promise.reject(new Error('down')),
    });
    const provider = slow.provider(undefined, { store });
    let late = 0;
    for (let second = 3_000; second < 3_720; second += 5) {
      const before = clock.now();
      const moved = clock.advance(5_000);
      const call = provider.getCredentials().catch(() => undefined);
      const credential = await Promise.race([call, moved.then(() => undefined)]);
      if (credential !== undefined && credential.expiresAt <= before) late += 1;
      await moved;
    }
    expect(late).toBe(0);
  });

  it('adopt by the time to live what their own clock makes too young', async () => {
    const own = fleet();
    await own.instance().provider().getCredentials();
    await own.clock.advance(30 * MINUTE);
    const slow = own.instance({ clock: wrong(own.clock, -10 * MINUTE) });
    const provider = slow.provider();
    await provider.getCredentials();
    expect(outcomes(slow)).toEqual(['hit']);
    expect(provider.status().since).toBe(own.clock.now() - 40 * MINUTE);
  });
});

describe('a process that is frozen in its store stage', () => {
  it.each([
    ['the read', 'get'],
    ['the lock', 'lock'],
    ['the write', 'set'],
  ])('at %s, and thaws after its credential has ended: serves none that has expired', async (_what, at) => {
    const own = fleet();
    const { clock, engine } = own;
    await own.instance().provider().getCredentials();
    if (at !== 'get') for (const name of engine.records.keys()) engine.records.delete(name);
    let thaw: () => void = () => undefined;
    engine.before = (operation) =>
      operation === at ? new Promise<void>((resolve) => (thaw = resolve)) : undefined;
    const provider = own.instance().provider();
    const call = provider.getCredentials();
    await settle();
    // No timer of a frozen process runs; its monotonic clock stops.
    clock.jumpWall(2 * HOUR);
    engine.before = () => undefined;
    thaw();
    await clock.advance(10_000);
    expect((await call).expiresAt).toBeGreaterThan(clock.now());
    expect((await provider.getCredentials()).expiresAt).toBeGreaterThan(clock.now());
  });
});
