/** What is explored of a fleet with a store, and how deep: each exploration takes at most a minute of one processor. */

import type { StoreExploration } from './store-explorer.js';

/** An exchange of this number, with a store that works. */
const exchanged = (call: string, exchange: number): readonly string[] => {
  const [, instance] = call.split(' ');
  return [call, `honest ${instance}`, `end ${exchange} ok`, `honest ${instance}`];
};

/** The store has a record of another identity, which it may give out in place of any; its lock has ended. */
const FOREIGN = [...exchanged('call 0 b', 0), 'next'];
const CACHED = [...FOREIGN, ...exchanged('call 0 plain', 1), 'next'];
/** Ten seconds: from then on a service's refusal counts. */
const OLD_ENOUGH = [...CACHED, 'next'];

export const COLD: StoreExploration = {
  name: 'nothing cached, nothing stored',
  instances: 2,
  beginning: [],
  brief: false,
  depth: 7,
};

export const SWAPPED: StoreExploration = {
  name: 'a record of another identity',
  instances: 2,
  beginning: FOREIGN,
  brief: false,
  depth: 6,
};

export const STORED: StoreExploration = {
  name: 'a credential in the store',
  instances: 2,
  beginning: OLD_ENOUGH,
  brief: true,
  depth: 5,
};

export const REFUSED: StoreExploration = {
  name: 'a refused credential, and two records',
  instances: 2,
  beginning: [...OLD_ENOUGH, ...exchanged('call 0 force', 2), 'next', 'refuse 0'],
  brief: false,
  depth: 5,
};

export const AHEAD: StoreExploration = {
  name: 'both instances in the refresh window',
  instances: 2,
  beginning: [...OLD_ENOUGH, 'call 1 plain', 'honest 1', 'next'],
  brief: true,
  depth: 5,
};

const THREE: StoreExploration = { ...COLD, name: 'three instances', instances: 3, depth: 6 };

export const ALL_OF_STORE: readonly StoreExploration[] = [COLD, SWAPPED, STORED, REFUSED, AHEAD, THREE];
