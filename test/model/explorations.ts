/** What is explored, and how deep: each exploration takes at most half a minute of one processor. */

import type { Exploration } from './explorer.js';

export const PARTITIONS: Exploration = {
  name: 'two identity keys',
  identities: [
    { name: 'a', identityKey: 'a' },
    { name: 'b', identityKey: 'b' },
  ],
  steps: false,
  alike: true,
  depth: 4,
};

export const TOKENS: Exploration = {
  name: 'two tokens, no identity key',
  identities: [
    { name: 'a', identityKey: undefined },
    { name: 'b', identityKey: undefined },
  ],
  steps: false,
  alike: false,
  depth: 4,
};

export const FORGED: Exploration = {
  name: 'a forged token under an identity key',
  identities: [
    { name: 'a', identityKey: 'p' },
    { name: 'b', identityKey: 'p', forged: true },
  ],
  steps: false,
  alike: false,
  depth: 4,
};

const OTHER_IDENTITY: Exploration = {
  name: 'a token of another identity under an identity key',
  identities: [
    { name: 'a', identityKey: 'p' },
    { name: 'b', identityKey: 'p', otherIdentity: true },
  ],
  steps: false,
  alike: false,
  depth: 4,
};

export const STEPS: Exploration = {
  name: 'one identityKey, steps and retries',
  identities: [{ name: 'a', identityKey: 'a' }],
  steps: true,
  alike: false,
  depth: 5,
};

export const ALONE: Exploration = { ...STEPS, name: 'one identity key', steps: false };

export const ALL: readonly Exploration[] = [ALONE, STEPS, PARTITIONS, TOKENS, FORGED, OTHER_IDENTITY];
