/** The credential cache's memory: plain data, so that two bundled copies of this package can share one. */

import type { Moment } from './clock.js';
import type { Credential, SubjectToken } from './contract.js';
import type { FederationError } from './errors.js';
import { OptionError } from './errors.js';
import { optionalInteger, ownOptions } from './options.js';
import { optionNames } from './own.js';
import type { Schedule } from './schedule.js';
import type { Failure, Trouble } from './trouble.js';

/** One held credential. */
export interface Held {
  /** Frozen and private: each caller receives a copy. */
  readonly credential: Credential;
  /** Whether a field of it holds an object. */
  readonly nested: boolean;
  readonly received: Moment;
  readonly schedule: Schedule;
  /** Of the flight that brought it: an older generation never replaces a newer one. */
  readonly generation: number;
  /** The cache's count when it was kept: what departed later is a refresh of it. */
  readonly sequence: number;
}

/** What is known of one value key. */
export interface Slot {
  readonly provider: string;
  held: Held | undefined;
  /** A service refused the held credential. */
  invalidated: boolean;
  /**
   * Rises when a flight is abandoned or what is held is invalidated. Drawn from the cache's one count, so that a slot
   * that was evicted and made again is newer than the flights of its first life.
   */
  generation: number;
  /** Flights below it bring nothing any more. */
  leastGeneration: number;
  /** By request, and by the token's digest where the failure says something of the token only. */
  readonly troubles: Map<string, Trouble>;
  lastError: FederationError | undefined;
  served: number;
  exchanges: number;
  failures: number;
}

/** How an exchange ended. A flight never rejects: nobody may be left to handle it. */
export type FlightOutcome =
  | { readonly kind: 'issued'; readonly credential: Credential }
  | {
      readonly kind: 'failed';
      readonly error: FederationError;
      readonly failure: Failure | undefined;
    }
  /** Misuse that only the exchange could find, such as a package that isn't installed. */
  | { readonly kind: 'misuse'; readonly error: OptionError }
  /** The token that was read belongs to another identity than the platform's partition says. */
  | { readonly kind: 'foreign-subject' }
  /** Its instance was frozen, or it outlived its time: whoever waits asks again. */
  | { readonly kind: 'abandoned' };

/** One exchange under way. */
export interface Flight {
  readonly outcome: Promise<FlightOutcome>;
  readonly departed: Moment;
  readonly sequence: number;
  readonly generation: number;
  /** Where it departed from: evicted meanwhile, it still knows which flights are outdated. */
  readonly slot: Slot;
  /** Milliseconds after which it is given up as frozen. */
  readonly abandonAfterMs: number;
  /** Whether the exchange has been handed to the driver's network step. */
  sent: boolean;
  /** Somebody waits with nothing in hand, so retries are worth their time. */
  urgent: boolean;
  abandon(): void;
  /** Ends it with this error, for others' sake: no failure of the source. */
  displace(error: FederationError): void;
}

/** Exchanges of tokens that never brought a credential: see `unproven.ts`. */
export interface UnprovenExchanges {
  /** Under way, oldest first. */
  readonly flights: Set<Flight>;
  /** How many failures the provider may still afford. */
  failuresLeft: number;
  /** When that was worked out, by the monotonic clock. */
  countedAt: number;
}

export interface CacheState {
  /** Least recently used first. */
  readonly slots: Map<string, Slot>;
  /** Entries that never held a credential: bounded apart, so that no flood of them evicts one that does. */
  readonly candidates: Map<string, Slot>;
  /** By provider. */
  readonly unproven: Map<string, UnprovenExchanges>;
  /** The most recently used slot, which needs no reordering when it is used again. */
  newest: Slot | undefined;
  readonly flights: Map<string, Flight>;
  /** Tokens of the retry budgets by provider and host. */
  readonly budgets: Map<string, number>;
  /** Value keys by what they are digests of. */
  readonly keys: Map<string, string>;
  /** Digests being made. */
  readonly digesting: Map<string, Promise<string>>;
  /** The last subject tokens, decoded: one comes back for up to 90 minutes. */
  readonly tokens: Map<string, SubjectToken>;
  /** Digests of subject tokens, gone at the token's expiry. */
  readonly digests: Map<string, { readonly digest: string; readonly expiresAt: number }>;
  sequence: number;
}

/**
 * Holds credentials and the exchanges under way. Pass one as `cache` to providers that should share it.
 * Its inside is not for reading.
 */
export interface CredentialCache {
  readonly contract: 'credex.cache.v1';
  readonly maxEntries: number;
  readonly profile: 'default' | 'aws-sdk';
  readonly refreshAheadMs: number | undefined;
  readonly state: CacheState;
}

export interface CredentialCacheOptions {
  /** How many credentials are held, 1 to 1,000,000; default 1,000. The least recently used one goes first. */
  readonly maxEntries?: number | undefined;
  /**
   * `aws-sdk`: the windows and rules that the AWS SDKs share (a refresh blocks, what is held is served past
   * expiry, a hopeless error is raised early). Default: `default`, see this package's README.
   */
  readonly profile?: 'default' | 'aws-sdk' | undefined;
  /**
   * How long before its end a credential is refreshed, in milliseconds, 1,000 to 43,200,000; clamped to half of
   * the lifetime received. Default: a quarter of the lifetime, at most 15 minutes.
   */
  readonly refreshAheadMs?: number | undefined;
}

const CACHE_OPTION_NAMES: readonly string[] = optionNames<CredentialCacheOptions>({
  maxEntries: true,
  profile: true,
  refreshAheadMs: true,
});

/**
 * A cache of one's own, apart from the process-wide one.
 *
 * @example
 * const cache = createCredentialCache({ maxEntries: 10_000 });
 * const provider = awsCredentialsProvider({ roleArn, cache });
 * @throws OptionError
 */
export function createCredentialCache(given: CredentialCacheOptions = {}): CredentialCache {
  const options = ownOptions('createCredentialCache', given, CACHE_OPTION_NAMES);
  const maxEntries = optionalInteger({ option: 'maxEntries' }, options.maxEntries, 1, 1_000_000) ?? 1_000;
  const refreshAheadMs = optionalInteger(
    { option: 'refreshAheadMs' },
    options.refreshAheadMs,
    1_000,
    43_200_000,
  );
  const profile = options.profile ?? 'default';
  if (profile !== 'default' && profile !== 'aws-sdk') {
    throw new OptionError(
      'invalid_option',
      'profile',
      undefined,
      "`profile` must be 'default' or 'aws-sdk'.",
    );
  }
  const state: CacheState = {
    slots: new Map(),
    candidates: new Map(),
    unproven: new Map(),
    newest: undefined,
    flights: new Map(),
    budgets: new Map(),
    keys: new Map(),
    digesting: new Map(),
    tokens: new Map(),
    digests: new Map(),
    sequence: 0,
  };
  const cache = { contract: 'credex.cache.v1', maxEntries, profile, refreshAheadMs } as const;
  // Not enumerable: whoever prints a cache doesn't print what it holds.
  return Object.freeze(Object.defineProperty(cache, 'state', { value: state })) as CredentialCache;
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

const MAX_CANDIDATES = 1_000;

export const findSlot = ({ slots, candidates }: CacheState, key: string): Slot | undefined =>
  slots.get(key) ?? candidates.get(key);

/** The slot of a key, made where there is none; `onEvicted` for each that had to go. */
export function slotOf(
  cache: CredentialCache,
  key: string,
  provider: string,
  onEvicted: (slot: Slot) => void,
): Slot {
  const { state, maxEntries } = cache;
  const found = findSlot(state, key);
  if (found !== undefined) return found;
  const slot: Slot = {
    provider,
    held: undefined,
    invalidated: false,
    generation: ++state.sequence,
    leastGeneration: 0,
    troubles: new Map(),
    lastError: undefined,
    served: 0,
    exchanges: 0,
    failures: 0,
  };
  state.candidates.set(key, slot);
  dropOldest(state.candidates, Math.min(maxEntries, MAX_CANDIDATES), onEvicted);
  return slot;
}

/** Moves a slot that holds a credential by now among those that do. */
export function promote(
  { state, maxEntries }: CredentialCache,
  key: string,
  slot: Slot,
  onEvicted: (slot: Slot) => void,
): void {
  if (!state.candidates.delete(key)) return;
  state.slots.set(key, slot);
  state.newest = slot;
  dropOldest(state.slots, maxEntries, onEvicted);
}

function dropOldest(slots: Map<string, Slot>, most: number, onEvicted: (slot: Slot) => void): void {
  for (const [oldest, gone] of slots) {
    if (slots.size <= most) break;
    slots.delete(oldest);
    onEvicted(gone);
  }
}

/** Marks a slot as used last. */
export function touch(state: CacheState, key: string, slot: Slot): void {
  if (state.newest === slot) return;
  state.slots.delete(key);
  state.slots.set(key, slot);
  state.newest = slot;
}
