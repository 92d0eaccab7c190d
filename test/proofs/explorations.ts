/** The small worlds that are explored, and how deep: each takes half a minute or less of one core. */

import type { Exploration } from './explorer.js';

export const PARTITIONS: Exploration = {
  name: 'two partitions',
  identities: [
    { name: 'a', partition: 'a' },
    { name: 'b', partition: 'b' },
  ],
  steps: false,
  alike: true,
  depth: 4,
};

export const TOKENS: Exploration = {
  name: 'two tokens, no partition',
  identities: [
    { name: 'a', partition: undefined },
    { name: 'b', partition: undefined },
  ],
  steps: false,
  alike: false,
  depth: 4,
};

export const FORGED: Exploration = {
  name: 'a forged token in a partition',
  identities: [
    { name: 'a', partition: 'p' },
    { name: 'b', partition: 'p', forged: true },
  ],
  steps: false,
  alike: false,
  depth: 4,
};

const FOREIGN: Exploration = {
  name: 'a foreign token in a partition',
  identities: [
    { name: 'a', partition: 'p' },
    { name: 'b', partition: 'p', foreign: true },
  ],
  steps: false,
  alike: false,
  depth: 4,
};

export const STEPS: Exploration = {
  name: 'one partition, steps and retries',
  identities: [{ name: 'a', partition: 'a' }],
  steps: true,
  alike: false,
  depth: 5,
};

export const ALONE: Exploration = { ...STEPS, name: 'one partition', steps: false };

export const ALL: readonly Exploration[] = [ALONE, STEPS, PARTITIONS, TOKENS, FORGED, FOREIGN];
