import type { Breach } from './breaches.fixture.js';
import { describeBreaches } from './breaches.fixture.js';

const BREACHES: readonly Breach[] = [
  ['another version', 'names its version', () => ({ specificationVersion: 'v2' as 'v1' })],
  ['a provider that is a sentence', 'names its version', () => ({ provider: 'My Cloud' })],
  [
    'a Date in the target',
    'target: plain data',
    (own) => ({
      cacheKeyFields: (request) => ({
        ...own.cacheKeyFields(request),
        since: new Date(0) as unknown as string,
      }),
    }),
  ],
  [
    '`undefined` in the target',
    'target: plain data',
    (own) => ({
      cacheKeyFields: (request) => ({
        ...own.cacheKeyFields(request),
        policy: undefined as unknown as string,
      }),
    }),
  ],
  [
    'a target that counts',
    'target: pure',
    (own) => {
      let count = 0;
      return { cacheKeyFields: (request) => ({ ...own.cacheKeyFields(request), count: ++count }) };
    },
  ],
  [
    "a target that sorts the caller's list in place",
    'target: pure',
    () => ({
      cacheKeyFields: ({ scopes }) => ({ scopes: (scopes as string[]).sort() }),
    }),
  ],
  [
    "a target by the object's identity",
    'target: equal',
    (own) => {
      const id = crypto.randomUUID();
      return { cacheKeyFields: (request) => ({ ...own.cacheKeyFields(request), id }) };
    },
  ],
  ['a target without the scopes', 'target: another one', () => ({ cacheKeyFields: () => ({}) })],
];

describeBreaches(BREACHES);
