/** Who the exchanger says it is, and what the cache may take for the same. */

import assert from 'node:assert/strict';
import type { Credential } from '@credex/core';
import { canonicalJson } from '@credex/core/internal';
import type { Check, Asked } from './harness.js';
import { assertPlainData, deepFrozen } from './plain-data.js';
import { issuedBy } from './trial.js';

const targetOf = <C extends Credential, R>({ exchanger, request }: Asked<C, R>): string =>
  canonicalJson(exchanger.cacheKeyFields(request));

export const TARGET_CHECKS: readonly Check[] = [
  {
    name: 'names its version of the contract and its provider',
    async run({ exchanger }) {
      assert.equal(exchanger.specificationVersion, 'v1');
      assert.match(exchanger.provider, /^[a-z][a-z0-9-]{0,31}$/, '`provider` is a short word in lower case.');
    },
  },
  {
    name: 'target: plain data that canonical JSON keeps',
    async run({ exchanger, request }) {
      const target = exchanger.cacheKeyFields(request);
      assertPlainData(target, 'target');
      assert.deepEqual(JSON.parse(canonicalJson(target)), JSON.parse(JSON.stringify(target)));
    },
  },
  {
    name: 'target: pure; it makes no request, changes nothing and stays the same',
    async run(harness, { fetch }) {
      const { exchanger, tokens } = harness;
      const request = deepFrozen(structuredClone(harness.request));
      const before = targetOf({ exchanger, request });
      assert.equal(targetOf({ exchanger, request }), before);
      assert.equal(harness.received(), 0, '`target` sent a request.');
      await issuedBy({ exchanger, request }, { jwt: tokens.good, fetch });
      assert.equal(targetOf({ exchanger, request }), before, 'An exchange changed the target.');
    },
  },
  {
    name: 'target: equal for equal options and requests',
    async run(harness) {
      assert.equal(targetOf(harness.equal), targetOf(harness));
    },
  },
  {
    name: 'target: another one for whatever changes what the credential can do',
    async run(harness) {
      const names = new Map([[targetOf(harness), 'the usual options']]);
      assert.ok(Object.keys(harness.different).length > 0, '`different` of the harness is empty.');
      for (const [name, asked] of Object.entries(harness.different)) {
        const target = targetOf(asked);
        assert.equal(names.get(target), undefined, `'${name}' has the target of '${names.get(target)}'.`);
        names.set(target, name);
      }
    },
  },
];
