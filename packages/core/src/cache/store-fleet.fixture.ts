/** A fleet over hours without real time: instances that are called regularly, and what they exchange and ask of a store. */

import type { Fixture } from '../provider.fixture.js';
import { settle } from '../provider.fixture.js';
import type { EncryptedStore } from '../store-contract.js';
import type { Fleet } from './store.fixture.js';
import { fleet } from './store.fixture.js';
// Loaded here, since a module that loads takes real time.
import './store-stage.js';

export interface FleetRun {
  readonly instances: number;
  readonly hours: number;
  /** Each instance is called this often, in milliseconds. */
  readonly everyMs: number;
  readonly exchangeMs: number;
  /** One operation of the store. */
  readonly storeMs: number;
  readonly seed: number;
  readonly withStore: boolean;
}

export interface FleetFigures {
  readonly calls: number;
  readonly exchanges: number;
  readonly errors: number;
  /** Operations of the store that were sent at different moments, an instance and hour. */
  readonly batchesPerHour: number;
}

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export async function runFleet(run: FleetRun): Promise<FleetFigures> {
  const own = fleet();
  const { clock, engine } = own;
  const random = randomOf(run.seed);
  const later = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms));
  engine.before = () => later(run.storeMs);
  let calls = 0;
  let errors = 0;
  let batches = 0;
  for (let n = 0; n < run.instances; n++) {
    const instance = instanceOf(own, run, random, later);
    const store = counted(own, () => (batches += 1));
    const provider = instance.provider(undefined, { store: run.withStore ? store : undefined });
    const call = (): void => {
      calls += 1;
      provider.getCredentials().catch(() => (errors += 1));
      clock.setTimeout(call, run.everyMs * (0.5 + random()));
    };
    // All start within 50 ms.
    clock.setTimeout(call, 50 * random());
  }
  await clock.advance(run.hours * 3_600_000);
  await settle();
  return {
    calls,
    errors,
    exchanges: own.exchanges(),
    batchesPerHour: batches / run.instances / run.hours,
  };
}

/** The fleet's store as one instance has it: counts the moments at which it sends something. */
function counted({ engine, store, clock }: Fleet, onBatch: () => void): EncryptedStore {
  let last = -1;
  const note = (): void => {
    if (clock.monotonic() !== last) onBatch();
    last = clock.monotonic();
  };
  const names = ['get', 'set', 'delete', 'lock', 'takeOver', 'unlock'] as const;
  const noted = names.map((name) => [
    name,
    (...given: never[]): unknown => {
      note();
      return (engine[name] as (...passed: never[]) => unknown)(...given);
    },
  ]);
  return { ...store, engine: Object.fromEntries(noted) as EncryptedStore['engine'] };
}

const instanceOf = (
  { instance }: Fleet,
  { exchangeMs }: FleetRun,
  random: () => number,
  later: (ms: number) => Promise<void>,
): Fixture => instance({ random, answer: () => later(exchangeMs) });
