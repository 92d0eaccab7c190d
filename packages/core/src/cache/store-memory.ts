/** What a process remembers of its stores, with its cache: plain data, which two bundled copies share. */

import type { Moment } from '../runtime/clock.js';

/** `first`: when the refresh was put off for the first time. */
export interface Deferral {
  readonly first: Moment;
  readonly since: Moment;
  readonly delayMs: number;
}

/** Failures of a store in a row. */
export interface StoreFailures {
  failures: number;
  last: Moment | undefined;
}

export interface StoreMemory {
  /** Keys that were derived from the store's key. */
  readonly derived: object;
  readonly reads: StoreFailures;
  readonly writes: StoreFailures;
}

const MAX_STORES = 64;

/** `fingerprint`: of the store's namespace and key. */
export function storeMemoryOf(stores: Map<string, StoreMemory>, fingerprint: string): StoreMemory {
  const known = stores.get(fingerprint);
  if (known !== undefined) return known;
  const memory: StoreMemory = {
    derived: {},
    reads: { failures: 0, last: undefined },
    writes: { failures: 0, last: undefined },
  };
  if (stores.size >= MAX_STORES) stores.clear();
  stores.set(fingerprint, memory);
  return memory;
}
