/** The small worlds that are explored, and how deep. */

import type { Exploration } from './explorer.js';

export const PARTITIONS: Omit<Exploration, 'depth'> = {
  name: 'two partitions',
  identities: [
    { name: 'a', partition: 'a' },
    { name: 'b', partition: 'b' },
  ],
  steps: false,
  alike: true,
};

export const TOKENS: Omit<Exploration, 'depth'> = {
  name: 'two tokens, no partition',
  identities: [
    { name: 'a', partition: undefined },
    { name: 'b', partition: undefined },
  ],
  steps: false,
  alike: false,
};

export const FORGED: Omit<Exploration, 'depth'> = {
  name: 'a forged token in a partition',
  identities: [
    { name: 'a', partition: 'p' },
    { name: 'b', partition: 'p', forged: true },
  ],
  steps: false,
  alike: false,
};

export const FOREIGN: Omit<Exploration, 'depth'> = {
  name: 'a foreign token in a partition',
  identities: [
    { name: 'a', partition: 'p' },
    { name: 'b', partition: 'p', foreign: true },
  ],
  steps: false,
  alike: false,
};

export const STEPS: Omit<Exploration, 'depth'> = {
  name: 'one partition, steps and retries',
  identities: [{ name: 'a', partition: 'a' }],
  steps: true,
  alike: false,
};

export const ALONE: Omit<Exploration, 'depth'> = { ...STEPS, name: 'one partition', steps: false };

export const ALL: readonly Omit<Exploration, 'depth'>[] = [ALONE, STEPS, PARTITIONS, TOKENS, FORGED, FOREIGN];
