/** The credential cache: plain data, so that two bundled copies of this package can share one. */

import type { Credential } from './contract.js';
import type { FederationError } from './errors.js';
import { optionalInteger } from './options.js';

/** One held credential. */
export interface CacheEntry {
  readonly credential: Credential;
  readonly provider: string;
  readonly issuedAt: number;
  /** After it the credential is never handed out, epoch milliseconds. */
  readonly usableUntil: number;
}

/** How an exchange ended. A flight never rejects: nobody may be left to handle it. */
export type FlightOutcome =
  | { readonly kind: 'issued'; readonly entry: CacheEntry }
  | { readonly kind: 'failed'; readonly error: FederationError }
  /** The token that was read belongs to another identity than the platform's partition says. */
  | { readonly kind: 'foreign-subject' };

/** One exchange under way, and how many callers wait for it. */
export interface Flight {
  readonly outcome: Promise<FlightOutcome>;
  readonly startedAt: number;
}

/**
 * Holds credentials and the exchanges under way. Opaque to users: pass it as `cache` to providers that should
 * share, or one each to providers that should not.
 */
export interface CredentialCache {
  readonly contract: 'credex.cache.v1';
  /** Least recently used first. */
  readonly entries: Map<string, CacheEntry>;
  readonly flights: Map<string, Flight>;
  readonly maxEntries: number;
}

export interface CredentialCacheOptions {
  /** How many credentials are held, 1 to 1,000,000; default 1,000. The least recently used one goes first. */
  readonly maxEntries?: number | undefined;
}

/** A cache of one's own, apart from the process-wide one. */
export function createCredentialCache(options: CredentialCacheOptions = {}): CredentialCache {
  const maxEntries = optionalInteger({ option: 'maxEntries' }, options.maxEntries, 1, 1_000_000) ?? 1_000;
  return Object.freeze({ contract: 'credex.cache.v1', entries: new Map(), flights: new Map(), maxEntries });
}

const PROCESS_WIDE = Symbol.for('credex.cache.v1');

/** The cache behind `getXCredentials()`: one a process and contract version, whatever was bundled twice. */
export function processWideCache(): CredentialCache {
  const scope = globalThis as { [PROCESS_WIDE]?: CredentialCache };
  const held = scope[PROCESS_WIDE];
  if (held !== undefined) return held;
  const cache = createCredentialCache();
  Object.defineProperty(globalThis, PROCESS_WIDE, {
    value: cache,
    writable: false,
    configurable: false,
    enumerable: false,
  });
  return cache;
}
