/** What an exchange brings, and what a store gives back. */

import assert from 'node:assert/strict';
import type { Credential } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';
import type { Check, ConformanceOptions, ExchangerHarness } from './harness.js';
import { timeOf } from './machine.js';
import { assertPlainData, deepFrozen } from './plain-data.js';
import { assertNotSeen } from './secrets.js';
import { issuedBy } from './trial.js';

const LONGEST_MS = 48 * 3_600_000;

async function credentialOf<C extends Credential, R>(
  harness: ExchangerHarness<C, R>,
  { fetch }: ConformanceOptions,
): Promise<C> {
  return (await issuedBy(harness, { jwt: harness.tokens.good, fetch })).credential;
}

const recordOf = (credential: Credential): Record<string, unknown> =>
  JSON.parse(JSON.stringify(credential)) as Record<string, unknown>;

/** No credential of anybody. */
const GARBAGE: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  Number.NaN,
  '',
  'text',
  Symbol('record'),
  [],
  [{}],
  {},
  Object.create(null),
  new Date(0),
  new Map(),
  () => ({}),
];

/** A value of each kind that a damaged or third-party record may have in a field. */
const KINDS: readonly unknown[] = [null, true, 12, 'text', [], ['text'], {}];

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

function assertRefused<C extends Credential, R>(
  exchanger: Exchanger<C, R>,
  record: unknown,
  what: string,
): void {
  let thrown: unknown;
  try {
    exchanger.parseStored(record);
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown !== undefined, `parseStored took ${what} for a credential.`);
  const secrets = Object.values(Object(record) as object).filter(
    (value): value is string => typeof value === 'string' && value.length >= 16,
  );
  assertNotSeen(secrets, thrown, `what parseStored threw of ${what}`);
}

export const CREDENTIAL_CHECKS: readonly Check[] = [
  {
    name: 'credential: ends in the future, and its other hints agree',
    async run(harness, { fetch }) {
      const now = timeOf(harness);
      const issued = await issuedBy(harness, { jwt: harness.tokens.good, fetch });
      const { serverDate, refreshAt, maxLifetimeMs } = issued;
      const { expiresAt } = issued.credential;
      assert.ok(Number.isInteger(expiresAt), '`expiresAt` is in whole epoch milliseconds.');
      assert.ok(expiresAt > now, `\`expiresAt\` (${expiresAt}) is over; it is ${now}.`);
      assert.ok(expiresAt < now + LONGEST_MS, `\`expiresAt\` (${expiresAt}) is more than two days away.`);
      if (serverDate !== undefined)
        assert.ok(Math.abs(serverDate - now) < LONGEST_MS, '`serverDate` is no time of today.');
      if (refreshAt !== undefined)
        assert.ok(refreshAt > now && refreshAt <= expiresAt, '`refreshAt` is not between now and the end.');
      if (maxLifetimeMs !== undefined)
        assert.ok(maxLifetimeMs > 0 && maxLifetimeMs < LONGEST_MS, '`maxLifetimeMs` is no lifetime.');
    },
  },
  {
    name: 'credential: plain data, which JSON and a freeze leave as it is',
    async run(harness, options) {
      const credential = await credentialOf(harness, options);
      assertPlainData(credential, 'credential');
      assert.deepEqual(recordOf(credential), { ...credential });
      deepFrozen(credential);
    },
  },
  {
    name: 'parseStored: gives back the credential that was written',
    async run(harness, options) {
      const credential = await credentialOf(harness, options);
      const record = deepFrozen(recordOf(credential));
      assert.deepEqual({ ...harness.exchanger.parseStored(record) }, { ...credential });
      assertPlainData(harness.exchanger.parseStored(record), 'the revived credential');
    },
  },
  {
    name: 'parseStored: lets nothing else through',
    async run(harness, options) {
      const credential = await credentialOf(harness, options);
      const record = { ...recordOf(credential), 'not-a-field': 'smuggled' };
      let revived: Credential;
      try {
        revived = harness.exchanger.parseStored(record);
      } catch {
        return; // Refusing the whole record is as good.
      }
      assert.deepEqual({ ...revived }, { ...credential });
    },
  },
  {
    name: 'parseStored: refuses what is no record at all',
    async run({ exchanger }) {
      for (const [at, garbage] of GARBAGE.entries())
        assertRefused(exchanger, garbage, `garbage ${at} (${kindOf(garbage)})`);
    },
  },
  {
    name: 'parseStored: refuses a record that lacks a field',
    async run(harness, options) {
      const record = recordOf(await credentialOf(harness, options));
      for (const name of Object.keys(record)) {
        if (options.optionalFields?.includes(name) === true) continue;
        const { [name]: _gone, ...rest } = record;
        assertRefused(harness.exchanger, rest, `a record without \`${name}\``);
      }
    },
  },
  {
    name: 'parseStored: refuses a field of another type, and an end that is none',
    async run(harness, options) {
      const record = recordOf(await credentialOf(harness, options));
      for (const [name, value] of Object.entries(record))
        for (const other of KINDS.filter((one) => kindOf(one) !== kindOf(value)))
          assertRefused(
            harness.exchanger,
            { ...record, [name]: other },
            `\`${name}\` of type ${kindOf(other)}`,
          );
      for (const expiresAt of [Number.NaN, Infinity, -Infinity])
        assertRefused(harness.exchanger, { ...record, expiresAt }, `an \`expiresAt\` of ${expiresAt}`);
    },
  },
];
