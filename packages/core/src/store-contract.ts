/** What a shared store, its encryption and the cache promise each other. Types only; nothing here runs. */

import type { Clock } from './contract.js';

/** What one operation of a store gets. `signal` fires when the result is no longer of use. */
export interface StoreOperation {
  readonly signal: AbortSignal;
}

/**
 * Where records are kept that many instances share: `get`, `set` and `delete`, and three more for a lock. Names and records
 * are ASCII; a record has at most 65,536 characters and is neither JSON nor a number. Providers take it only as
 * `encryptedStore(store, { key })` of `@credex/store`. `storeConformance` of `@credex/testing/conformance` checks one.
 */
export interface CredentialStore {
  /** The record; `undefined` if there is none. `ttlMs`: how long the engine keeps it, in milliseconds, if it tells. */
  get(
    name: string,
    options: StoreOperation,
  ): Promise<{ readonly record: string; readonly ttlMs?: number | undefined } | undefined>;
  /** Keeps the record for `ttlMs` milliseconds from now on, in place of any other. */
  set(name: string, record: string, ttlMs: number, options: StoreOperation): Promise<void>;
  /** `ifRecord`: deletes only that record, atomically where the engine can. */
  delete(name: string, ifRecord: string | undefined, options: StoreOperation): Promise<void>;
  /** Keeps `token` under the name unless there is one, for `ttlMs`; `get` reads it. True: it is kept. */
  lock?(name: string, token: string, ttlMs: number, options: StoreOperation): Promise<boolean>;
  /** Replaces the token `seen` by `token`, atomically. False: there is another one by now, or none. */
  takeOver?(
    name: string,
    seen: string,
    token: string,
    ttlMs: number,
    options: StoreOperation,
  ): Promise<boolean>;
  /** Deletes the name if it still has this token. */
  unlock?(name: string, token: string, options: StoreOperation): Promise<void>;
}

/** What a record of a store contains, before it is encrypted. */
export interface StoredCredential {
  /** The cache key. */
  readonly key: string;
  readonly provider: string;
  /** When the credential was issued, epoch milliseconds: the server's `Date`, or the receipt. */
  readonly issuedAt: number;
  readonly lifetimeMs: number;
  /** The server's advice when to refresh, in milliseconds after the receipt. */
  readonly hintAge?: number | undefined;
  /** Untrusted until the exchanger's `parseStored` returned. */
  readonly credential: unknown;
}

/** A record that was decrypted. */
export interface OpenedRecord {
  readonly record: StoredCredential;
  /** When it ends, epoch milliseconds. */
  readonly endsAt: number;
}

/**
 * A store whose names and records only instances with the same key can read: what `encryptedStore()` of `@credex/store`
 * returns. `derived`: an object in which it keeps the keys that it derives.
 */
export interface EncryptedStore {
  readonly contract: 'credex.store.v1';
  readonly engine: CredentialStore;
  /** How long a call waits for another instance that makes the same exchange, in milliseconds. */
  readonly waitForLeaderMs: number;
  /** `undefined`: the provider's. */
  readonly clock: Clock | undefined;
  /** Says which key and namespace it has, without telling the key. */
  fingerprint(): string | Promise<string>;
  recordName(derived: object, provider: string, cacheKey: string): Promise<string>;
  encrypt(derived: object, name: string, record: StoredCredential, endsAt: number): Promise<string>;
  /** `undefined` for a text that was not written under this name with this key. */
  decrypt(derived: object, name: string, text: string): Promise<OpenedRecord | undefined>;
}
