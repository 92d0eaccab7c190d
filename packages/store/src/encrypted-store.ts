/** A store whose names and records say nothing to whoever has no key. */

import type { Clock, CredentialStore, EncryptedStore } from '@credex/core';
import {
  invalidOption,
  memberOf,
  optionalClock,
  optionalInteger,
  optionNames,
  optionalString,
  ownOptions,
  sha256,
} from '@credex/core/internal';
import type { DerivedKeys, KeyUse } from './record.js';
import { decryptRecord, encryptRecord, recordName } from './record.js';
import { storeKeyOf } from './store-key.js';

export interface EncryptedStoreOptions {
  /**
   * The key that `credex store-key --environment production` printed. It belongs into a sensitive environment variable of
   * that environment alone. A key that is labelled for another environment than `VERCEL_TARGET_ENV` (or `VERCEL_ENV`) is
   * refused.
   */
  readonly key: string | undefined;
  /** What the names of the records begin with, 1 to 64 letters, digits, `.`, `_` and `-`. Default: `credex`. */
  readonly namespace?: string | undefined;
  /**
   * How long a call waits for another instance that makes the same exchange, in milliseconds, 0 to 10,000; default 600. No
   * call waits longer than half of what is left of its invocation.
   */
  readonly waitForLeaderMs?: number | undefined;
  /** Time, for what a store does. Default: the clock of the provider. */
  readonly clock?: Clock | undefined;
}

const OPTION_NAMES: readonly string[] = optionNames<EncryptedStoreOptions>({
  key: true,
  namespace: true,
  waitForLeaderMs: true,
  clock: true,
});

const NAMESPACE = {
  pattern: /^[\w.-]{1,64}$/,
  says: '1 to 64 letters, digits, dots, underscores and hyphens',
};

/**
 * A cache of credentials that many instances share, over an engine that you run already. Pass it as `store` to a provider.
 * Everything that leaves this process is encrypted and authenticated with AES-256-GCM (NIST SP 800-38D) under keys that
 * HKDF (RFC 5869) derives from `key`; the names of records are digests (HMAC-SHA256). It is cheap to call for each request:
 * derived keys are kept with the process's cache.
 *
 * @param store Where records are kept: `redisStore(client)`, `runtimeCacheStore(getCache)`, `cloudflareKvStore(namespace)`,
 *   or an object with the functions `get`, `set` and `delete`.
 * @throws OptionError for a missing or malformed key, or one of another environment
 *
 * @example
 * const store = encryptedStore(redisStore(redis), { key: process.env.CREDEX_STORE_KEY });
 * const credentials = awsCredentialsProvider({ roleArn, store });
 */
export function encryptedStore(store: CredentialStore, given: EncryptedStoreOptions): EncryptedStore {
  assertStore(store);
  const options = ownOptions('encryptedStore', given, OPTION_NAMES);
  const key = storeKeyOf(options.key);
  const namespace = optionalString({ option: 'namespace' }, options.namespace, NAMESPACE) ?? 'credex';
  const wait = optionalInteger({ option: 'waitForLeaderMs' }, options.waitForLeaderMs, 0, 10_000);
  const use = (derived: object): KeyUse => ({ key, namespace, derived: derived as DerivedKeys });
  return Object.freeze({
    contract: 'credex.store.v1',
    engine: store,
    waitForLeaderMs: wait ?? 600,
    clock: optionalClock(options.clock),
    fingerprint: () => sha256(JSON.stringify(['credex.store.1', namespace, key.text])),
    recordName: (derived, provider, cacheKey) => recordName(use(derived), provider, cacheKey),
    encrypt: (derived, name, record, endsAt) => encryptRecord(use(derived), name, record, endsAt),
    decrypt: (derived, name, text) => decryptRecord(use(derived), name, text),
  } satisfies EncryptedStore);
}

function assertStore(store: CredentialStore): void {
  const says = 'a store, such as redisStore(client), or an object with the functions get, set and delete';
  if (typeof store !== 'object' || store === null) throw invalidOption({ option: 'store' }, says, store);
  for (const name of ['get', 'set', 'delete'] as const)
    if (typeof memberOf(store, name) !== 'function')
      throw invalidOption({ option: `store.${name}` }, 'a function', store[name]);
  for (const name of ['lock', 'takeOver', 'unlock'] as const) {
    const member: unknown = memberOf(store, name);
    if (member !== undefined && typeof member !== 'function')
      throw invalidOption({ option: `store.${name}` }, 'a function', member);
  }
}
