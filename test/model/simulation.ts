/** Simulates one process without real time: the real provider, and a clock and timers that a loop moves. */

import './load-failures.js';
import type { Clock, CredentialCache } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import type { DriverProvider, Exchanger } from '@credex/core/internal';
import { createCredentialProvider } from '@credex/core/internal';

export interface Token {
  readonly value: number;
  readonly expiresAt: number;
}

export interface Simulation {
  readonly provider: DriverProvider<Token, void>;
  readonly cache: CredentialCache;
  /** Milliseconds since the start. */
  now(): number;
  jump(ms: number): void;
  attempts: number;
  /** One call, run to its end; timers that it waits for fire in their order. `undefined`: it failed. */
  call(): Promise<Token | undefined>;
}

export interface SimulationOptions {
  readonly lifetimeMs: number;
  /** Whether the source is down, by milliseconds since the start. */
  readonly down: (now: number) => boolean;
  readonly random: () => number;
  readonly cache?: CredentialCache;
}

const START = 1_767_225_600_000;
/** Enough turns for the longest chain of promises between two timers. */
const TURNS = 40;

export function simulate({
  lifetimeMs,
  down,
  random,
  cache = createCredentialCache(),
}: SimulationOptions): Simulation {
  let elapsed = 0;
  const timers = new Set<{ readonly due: number; readonly run: () => void }>();
  const clock: Clock = {
    now: () => START + elapsed,
    monotonic: () => elapsed,
    setTimeout(run, ms) {
      const timer = { due: elapsed + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const exchanger: Exchanger<Token> = {
    specificationVersion: 'v1',
    provider: 'simulated',
    cacheKeyFields: () => ({}),
    parseStored: (record) => record as Token,
    classify: () => ({ code: 'unavailable', retry: 'now' }),
    exchange: (_request, context) =>
      context.step('host', async () => {
        simulation.attempts += 1;
        if (down(elapsed)) throw new Error('down');
        return { credential: { value: simulation.attempts, expiresAt: START + elapsed + lifetimeMs } };
      }),
  };
  const source = {
    capture: () => ({ identityKey: 'one', token: () => Promise.reject(new Error('not asked for')) }),
  };
  const simulation: Simulation = {
    provider: createCredentialProvider(exchanger, { source, cache, clock, random }),
    cache,
    attempts: 0,
    now: () => elapsed,
    jump(ms) {
      elapsed += ms;
    },
    async call() {
      let settled = false;
      let token: Token | undefined;
      const end = (value: Token | undefined): void => {
        settled = true;
        token = value;
      };
      simulation.provider.getCredentials().then(end, () => end(undefined));
      await turns(() => settled && cache.state.refreshes.size === 0);
      while (!settled || cache.state.refreshes.size > 0) {
        const next = first(timers);
        if (next === undefined) {
          // Digests of a new key are made outside the turns of promises.
          await new Promise((resolve) => setImmediate(resolve));
          continue;
        }
        timers.delete(next);
        elapsed = Math.max(elapsed, next.due);
        next.run();
        await turns(() => settled && cache.state.refreshes.size === 0);
      }
      return token;
    },
  };
  return simulation;
}

async function turns(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < TURNS && !done(); turn++) await Promise.resolve();
}

function first<T extends { readonly due: number }>(timers: ReadonlySet<T>): T | undefined {
  let earliest: T | undefined;
  for (const timer of timers) if (earliest === undefined || timer.due < earliest.due) earliest = timer;
  return earliest;
}

/** Mulberry32: small, seeded, good enough to spread jitter. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
