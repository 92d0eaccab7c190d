// Longer than 300 lines: one list, a rule of the interface each.
/** Whether a store keeps the contract of `CredentialStore`: one test for each rule. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { CredentialStore } from '@credex/core';
import type { TestRunner } from './harness.js';
import { assertNotSeen } from './secrets.js';

/** A store, and what only its author can do to it, for one test. */
export interface StoreHarness {
  readonly store: CredentialStore;
  /** Lets this much time pass for the engine, in milliseconds. Left out: no record is seen to end. */
  readonly advance?: ((ms: number) => Promise<void> | void) | undefined;
  /** Makes the engine fail from now on. Left out: no failure is seen. */
  readonly breakDown?: (() => Promise<void> | void) | undefined;
  /** Called when the test is over. */
  readonly close?: (() => Promise<void> | void) | undefined;
}

export interface StoreConformanceOptions {
  /** The name of the group of tests. */
  readonly name: string;
  /** Whether concurrent changes by comparison may overlap, as in an engine without transactions. Default: false. */
  readonly isApproximate?: boolean | undefined;
}

interface StoreCheck {
  readonly name: string;
  /** Functions of the store that the rule is about. */
  readonly needs?: readonly ('lock' | 'takeOver' | 'unlock')[];
  readonly exact?: boolean;
  run(store: CredentialStore, harness: StoreHarness): Promise<void>;
}

type Locking = Required<CredentialStore>;

const MINUTE = 60_000;
/** Longer than a credential lives. */
const LONG_TTL_MS = 10 * MINUTE;
const CONCURRENT = 20;

/** As core names records. A name is used once, since engines outlive a test. */
const freshName = (): string => `credex:1:${`check-${randomUUID()}`.padEnd(43, '0')}`;
const freshToken = (): string => `l-${randomUUID()}`;
/** As core writes records: ASCII that is neither JSON nor a number. */
const RECORD = 'crx1.mk3zq6jw.AAECAwQFBgcICQoLDA0ODw-_';
const LONG_RECORD = `crx1.mk3zq6jw.${'Ab0-_'.repeat(13_000)}`;

const options = (): { readonly signal: AbortSignal } => ({ signal: new AbortController().signal });

async function recordOf(store: CredentialStore, name: string): Promise<string | undefined> {
  return (await store.get(name, options()))?.record;
}

const CHECKS: readonly StoreCheck[] = [
  {
    name: 'get: finds nothing under a name that was never set',
    async run(store) {
      assert.equal(await store.get(freshName(), options()), undefined);
    },
  },
  {
    name: 'set and get: keep a record exactly, up to 64 KiB',
    async run(store) {
      for (const record of [RECORD, LONG_RECORD]) {
        const name = freshName();
        await store.set(name, record, LONG_TTL_MS, options());
        assert.equal(await recordOf(store, name), record);
      }
    },
  },
  {
    name: 'get: tells how long the record still lives in milliseconds, or nothing about it',
    async run(store) {
      const name = freshName();
      await store.set(name, RECORD, LONG_TTL_MS, options());
      const ttlMs = (await store.get(name, options()))?.ttlMs;
      if (ttlMs === undefined) return;
      assert.ok(
        ttlMs > LONG_TTL_MS - MINUTE && ttlMs <= LONG_TTL_MS,
        `\`ttlMs\` is ${ttlMs} right after a record was set for ${LONG_TTL_MS} ms.`,
      );
    },
  },
  {
    name: 'set: replaces the record and its end',
    async run(store) {
      const name = freshName();
      await store.set(name, RECORD, LONG_TTL_MS, options());
      await store.set(name, `${RECORD}B`, 2 * LONG_TTL_MS, options());
      const found = await store.get(name, options());
      assert.equal(found?.record, `${RECORD}B`);
      if (found.ttlMs !== undefined) assert.ok(found.ttlMs > LONG_TTL_MS, 'The end is still the first one.');
    },
  },
  {
    name: 'names: keep records apart that differ in one character or in case',
    async run(store) {
      const name = freshName();
      const others = Array.from(name).flatMap((character, at) => {
        const other = character === 'Q' ? 'q' : 'Q';
        return at < 9 ? [] : [name.slice(0, at) + other + name.slice(at + 1)];
      });
      await store.set(name, RECORD, LONG_TTL_MS, options());
      await Promise.all(
        others.map((other, at) => store.set(other, `${RECORD}${at}`, LONG_TTL_MS, options())),
      );
      assert.equal(await recordOf(store, name), RECORD);
      const found = await Promise.all(others.map((other) => recordOf(store, other)));
      assert.deepEqual(
        found,
        others.map((_, at) => `${RECORD}${at}`),
      );
    },
  },
  {
    name: 'set: a record ends by itself',
    async run(store, { advance }) {
      if (advance === undefined) return;
      const name = freshName();
      await store.set(name, RECORD, 2 * MINUTE, options());
      await advance(MINUTE);
      assert.equal(await recordOf(store, name), RECORD);
      await advance(MINUTE + 1_000);
      assert.equal(await recordOf(store, name), undefined, 'The record is still there after its end.');
    },
  },
  {
    name: 'delete: removes the record; a name without one is no error',
    async run(store) {
      const name = freshName();
      await store.delete(name, undefined, options());
      await store.set(name, RECORD, LONG_TTL_MS, options());
      await store.delete(name, undefined, options());
      assert.equal(await recordOf(store, name), undefined);
    },
  },
  {
    name: 'delete: with `ifRecord` removes that record only',
    async run(store) {
      const name = freshName();
      await store.delete(name, RECORD, options());
      await store.set(name, RECORD, LONG_TTL_MS, options());
      await store.delete(name, `${RECORD}B`, options());
      assert.equal(await recordOf(store, name), RECORD);
      await store.delete(name, RECORD, options());
      assert.equal(await recordOf(store, name), undefined);
    },
  },
  {
    name: 'lock: is granted to one of many, and read with `get`',
    needs: ['lock'],
    async run(store) {
      const { lock } = locking(store);
      const name = `${freshName()}:lock`;
      const tokens = Array.from({ length: CONCURRENT }, freshToken);
      const granted = await Promise.all(tokens.map((token) => lock(name, token, LONG_TTL_MS, options())));
      assert.equal(granted.filter((one) => one === true).length, 1);
      assert.equal(await recordOf(store, name), tokens[granted.indexOf(true)]);
    },
  },
  {
    name: 'lock: ends by itself',
    needs: ['lock'],
    async run(store, { advance }) {
      if (advance === undefined) return;
      const { lock } = locking(store);
      const name = `${freshName()}:lock`;
      assert.equal(await lock(name, freshToken(), MINUTE, options()), true);
      await advance(MINUTE + 1_000);
      assert.equal(await lock(name, freshToken(), MINUTE, options()), true);
    },
  },
  {
    name: 'lock: changes no record',
    needs: ['lock'],
    async run(store) {
      const name = freshName();
      await store.set(name, RECORD, LONG_TTL_MS, options());
      assert.equal(await locking(store).lock(`${name}:lock`, freshToken(), LONG_TTL_MS, options()), true);
      assert.equal(await recordOf(store, name), RECORD);
    },
  },
  {
    name: 'unlock: releases only the lock that has the same token',
    needs: ['lock', 'unlock'],
    async run(store) {
      const { lock, unlock } = locking(store);
      const name = `${freshName()}:lock`;
      const [first, second] = [freshToken(), freshToken()];
      await unlock(name, first, options());
      assert.equal(await lock(name, first, LONG_TTL_MS, options()), true);
      await unlock(name, second, options());
      assert.equal(await lock(name, second, LONG_TTL_MS, options()), false);
      await unlock(name, first, options());
      assert.equal(await lock(name, second, LONG_TTL_MS, options()), true);
    },
  },
  {
    name: 'takeOver: replaces the lock that was seen only',
    needs: ['lock', 'takeOver'],
    async run(store) {
      const { lock, takeOver } = locking(store);
      const name = `${freshName()}:lock`;
      const [first, second, third] = [freshToken(), freshToken(), freshToken()];
      assert.equal(await takeOver(name, first, second, LONG_TTL_MS, options()), false);
      assert.equal(await lock(name, first, LONG_TTL_MS, options()), true);
      assert.equal(await takeOver(name, second, third, LONG_TTL_MS, options()), false);
      assert.equal(await takeOver(name, first, third, LONG_TTL_MS, options()), true);
      assert.equal(await recordOf(store, name), third);
    },
  },
  {
    name: 'takeOver: is granted to one of many',
    needs: ['lock', 'takeOver'],
    exact: true,
    async run(store) {
      const { lock, takeOver } = locking(store);
      const name = `${freshName()}:lock`;
      const seen = freshToken();
      assert.equal(await lock(name, seen, LONG_TTL_MS, options()), true);
      const tokens = Array.from({ length: CONCURRENT }, freshToken);
      const granted = await Promise.all(
        tokens.map((token) => takeOver(name, seen, token, LONG_TTL_MS, options())),
      );
      assert.equal(granted.filter((one) => one === true).length, 1);
    },
  },
  {
    name: 'failures: are thrown, and repeat no record',
    async run(store, { breakDown }) {
      if (breakDown === undefined) return;
      const name = freshName();
      await store.get(name, options());
      await breakDown();
      const { lock, takeOver, unlock } = store;
      const calls: Readonly<Record<string, (() => Promise<unknown>) | undefined>> = {
        get: () => store.get(name, options()),
        set: () => store.set(name, RECORD, LONG_TTL_MS, options()),
        delete: () => store.delete(name, RECORD, options()),
        lock: lock && (() => lock.call(store, name, RECORD, LONG_TTL_MS, options())),
        takeOver: takeOver && (() => takeOver.call(store, name, RECORD, RECORD, LONG_TTL_MS, options())),
        unlock: unlock && (() => unlock.call(store, name, RECORD, options())),
      };
      for (const [operation, call] of Object.entries(calls)) {
        if (call === undefined) continue;
        const thrown = await call().then(
          () => undefined,
          (error: unknown) => error ?? 'nothing',
        );
        assert.ok(thrown !== undefined, `${operation} did not fail.`);
        assertNotSeen([RECORD], thrown, `what ${operation} threw`);
      }
    },
  },
];

/** The functions that `needs` names are there. */
const locking = (store: CredentialStore): Locking => {
  const { lock, takeOver, unlock } = store as Locking;
  return {
    ...store,
    lock: (...given) => lock.call(store, ...given),
    takeOver: (...given) => takeOver.call(store, ...given),
    unlock: (...given) => unlock.call(store, ...given),
  };
};

/**
 * Says of a store whether it keeps the contract: one test for each rule that it has the functions for. The adapters of
 * `@credex/store` run it; three functions over your own database should.
 *
 * @param test `describe` and `it` of the runner at hand; assertions are node:assert's
 * @param factory Connects to the engine, once for each test.
 *
 * @example
 * import { describe, it } from 'node:test';
 *
 * storeConformance({ describe, it }, () => ({ store: postgresStore(pool) }), { name: 'our table' });
 */
export function storeConformance(
  test: TestRunner,
  factory: () => Promise<StoreHarness> | StoreHarness,
  { name, isApproximate }: StoreConformanceOptions,
): void {
  test.describe(name, () => {
    for (const check of CHECKS) {
      if (check.exact === true && isApproximate === true) continue;
      test.it(check.name, async () => {
        const harness = await factory();
        try {
          const { store } = harness;
          if (check.needs?.every((needed) => store[needed] !== undefined) !== false)
            await check.run(store, harness);
        } finally {
          await harness.close?.();
        }
      });
    }
  });
}
