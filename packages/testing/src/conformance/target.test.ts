import type { Breach } from './breaches.fixture.js';
import { describeBreaches } from './breaches.fixture.js';

const BREACHES: readonly Breach[] = [
  ['a version of its own', 'names its version', () => ({ specificationVersion: 'v2' as 'v1' })],
  ['a provider that is a sentence', 'names its version', () => ({ provider: 'My Cloud' })],
  [
    'a Date in the target',
    'target: plain data',
    (own) => ({
      target: (request) => ({ ...own.target(request), since: new Date(0) as unknown as string }),
    }),
  ],
  [
    '`undefined` in the target',
    'target: plain data',
    (own) => ({
      target: (request) => ({ ...own.target(request), policy: undefined as unknown as string }),
    }),
  ],
  [
    'a target that counts',
    'target: pure',
    (own) => {
      let count = 0;
      return { target: (request) => ({ ...own.target(request), count: ++count }) };
    },
  ],
  [
    "a target that sorts the caller's list in place",
    'target: pure',
    () => ({
      target: ({ scopes }) => ({ scopes: (scopes as string[]).sort() }),
    }),
  ],
  [
    "a target by the object's identity",
    'target: equal',
    (own) => {
      const id = crypto.randomUUID();
      return { target: (request) => ({ ...own.target(request), id }) };
    },
  ],
  ['a target without the scopes', 'target: another one', () => ({ target: () => ({}) })],
];

describeBreaches(BREACHES);
