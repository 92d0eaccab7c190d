/** The memory of a cache: what is known of each key, which refreshes are in flight, and which entry is evicted first. Plain data. */

import type { Clock, Credential, CredentialStatus, Subject, SubjectToken } from '../contract.js';
import type { FederationErrorFields, OptionError } from '../errors.js';
import type { Moment } from '../runtime/clock.js';
import { since } from '../runtime/clock.js';
import type { Backoff, Schedule } from './policy.js';
import { delayOf, stateOf } from './policy.js';

export interface CachedCredential {
  /** Frozen and private: each caller receives a copy. */
  readonly credential: Credential;
  /** Whether a field of it holds an object. */
  readonly nested: boolean;
  readonly received: Moment;
  /** Epoch milliseconds: the server's `Date` where there was one, else the receipt. */
  readonly issuedAt: number;
  /** Whether another instance exchanged it. */
  readonly fromStore?: true;
  readonly schedule: Schedule;
  /** Of the refresh that brought it: a refresh that started earlier never replaces it. */
  readonly sequence: number;
  /**
   * The same for a refresh that answers no challenge. For the answer to a claims challenge it is the sequence at its
   * end: no ordinary refresh that started meanwhile replaces it.
   */
  readonly ordinarySequence: number;
}

/** What is known of one cache key. */
export interface CacheEntry {
  readonly provider: string;
  cached: CachedCredential | undefined;
  /** A service refused the cached credential. */
  invalidated: boolean;
  /** A refresh with a lower sequence is outdated: it started before the cached credential was invalidated. */
  notBefore: number;
  /** The last cached credential that a service refused: no record that is as old is adopted. */
  refused?: CachedCredential | undefined;
  /** Another instance makes the exchange, so that no refresh ahead of time starts for `delayMs`. */
  deferred?: Deferral | undefined;
  /** When the last refresh started: plain data, which an edge isolate may share where it shares no promise. */
  lastStarted: Moment | undefined;
  /** By request, and by the token's digest where the failure concerns the token alone. */
  readonly backoffs: Map<string, Backoff>;
  lastError: FederationErrorFields | undefined;
  served: number;
  exchanges: number;
  failures: number;
}

/** How a refresh ended. It never rejects: its callers may all have left. */
export type RefreshOutcome =
  | { readonly kind: 'issued'; readonly credential: Credential }
  | {
      readonly kind: 'failed';
      readonly error: FederationErrorFields | OptionError;
      readonly rejected: boolean;
      /** It concerns the token that was presented. */
      readonly ofToken: boolean;
    }
  /** Another instance exchanged it: it is cached, unless it was invalidated since. */
  | { readonly kind: 'adopted' }
  /** No exchange was needed: another instance makes it, or the cache has changed. Callers look at the cache again. */
  | { readonly kind: 'deferred' }
  /** The token that was read belongs to another identity than the one that the cache key names. */
  | { readonly kind: 'other-identity' }
  /** Its process was frozen, or it took too long: its callers start again. */
  | { readonly kind: 'abandoned' };

/** What the callers of a refresh demand: raised by each caller that joins. */
export interface RefreshDemand {
  /** A caller waits and no usable credential is cached, so retries are worth their time. */
  urgent: boolean;
  /** How long the credential must be valid for the callers that joined, in milliseconds. */
  minValidityMs: number;
  /** A caller wants a credential that is exchanged after its call: no record of a store is one. */
  skipStore: boolean;
}

/** One refresh in flight: one token exchange, with its retries. */
export interface Refresh extends RefreshDemand {
  readonly outcome: Promise<RefreshOutcome>;
  readonly started: Moment;
  readonly sequence: number;
  /** In its events: unique in this process. */
  readonly exchangeId: number;
  /** The entry at its start: evicted meanwhile, it still knows what was invalidated. */
  readonly entry: CacheEntry;
  /** By the clock, in milliseconds: an older refresh is abandoned. */
  readonly maxAgeMs: number;
  /** Whether a token was handed to the driver or a request was made. */
  sent: boolean;
  /** The host of the last request. */
  host: string | undefined;
  /** Ends it. Its callers start again, or fail where it was ended for others: no failure of the source. */
  abandon(forOthers?: boolean): void;
}

/**
 * A subject for which only the token names the identity. Exchanges are limited for those that never brought a credential:
 * see `own-token.ts`.
 */
export interface OwnTokenSubject extends Subject {
  readonly identityKey: undefined;
  /** Whether one more exchange may start for a token that never brought a credential. */
  admits(): boolean;
  /** Counts such an exchange from its start to its end. */
  count(refresh: Refresh): void;
}

/** True if only the token itself names its identity, and it never brought a credential. */
export const isUnproven = (subject: Subject, { cached }: CacheEntry): subject is OwnTokenSubject =>
  subject.identityKey === undefined && cached === undefined;

/** What an exchange that is ended for the newest one is told: the name of its signal's reason. */
export const CROWDED = 'QuotaExceededError';

/** Exchanges of tokens that never brought a credential: see `own-token.ts`. */
export interface UnprovenExchanges {
  /** In flight, oldest first. */
  readonly refreshes: Set<Refresh>;
  /** How many failures the provider may still afford. */
  failuresLeft: number;
  /** When that was worked out, by the monotonic clock. */
  countedAt: number;
}

export interface CacheState {
  /** Entries with a cached credential, least recently used first. */
  readonly entries: Map<string, CacheEntry>;
  /** Entries that never had one: bounded apart, so that no flood of them evicts one that has. */
  readonly candidates: Map<string, CacheEntry>;
  /** By provider. */
  readonly unproven: Map<string, UnprovenExchanges>;
  /** The most recently used entry, which needs no reordering when it is used again. */
  newest: CacheEntry | undefined;
  /** In flight, by key, request and token digest: apart from the entries, so that eviction never looks at them. */
  readonly refreshes: Map<string, Refresh>;
  /** The newest refresh in flight that answers a claims challenge, by key. */
  readonly challenges: Map<string, Refresh>;
  /** Tokens of the retry budgets by provider and host. */
  readonly budgets: Map<string, number>;
  /** By the fingerprint of namespace and key. */
  readonly stores: Map<string, StoreMemory>;
  /** Cache keys by what they are digests of. */
  readonly keys: Map<string, string>;
  /** Digests being made. */
  readonly digesting: Map<string, Promise<string>>;
  /** The last subject tokens, decoded: one comes back for up to 90 minutes. */
  readonly tokens: Map<string, SubjectToken>;
  /** Digests of subject tokens, gone at the token's expiry. */
  readonly digests: Map<string, { readonly digest: string; readonly expiresAt: number }>;
  /** Counts calls, refreshes and invalidations, so that any two of them can be put in order. */
  sequence: number;
  // Of the process-wide cache alone: the last `exchangeId`, what runs after an invalidation, and the tokens of the
  // platform's identity that requests have brought: in the order in which they are used, and the one that came last.
  exchangeId: number;
  readonly watchers: Set<() => void>;
  earlierTokens: EarlierToken[];
  latestToken: EarlierToken | undefined;
}

/** A token that a request has brought. Its claims are not verified here. */
export interface EarlierToken {
  readonly identity: string;
  readonly token: SubjectToken;
  /** 1: a cloud has issued a credential for it; -1: none has, and one has refused it. */
  rank: -1 | 0 | 1;
}

/** `first`: when the refresh was put off for the first time. */
export interface Deferral {
  readonly first: Moment;
  readonly since: Moment;
  readonly delayMs: number;
}

/** Failures of a store in a row. */
export interface StoreFailures {
  failures: number;
  last: Moment | undefined;
}

export interface StoreMemory {
  /** Keys that were derived from the store's key. */
  readonly derived: object;
  readonly reads: StoreFailures;
  readonly writes: StoreFailures;
}

/** A cache, as far as its memory goes. */
interface Memory {
  readonly state: CacheState;
  readonly maxEntries: number;
}

const MAX_CANDIDATES = 1_000;

export const findEntry = ({ entries, candidates }: CacheState, key: string): CacheEntry | undefined =>
  entries.get(key) ?? candidates.get(key);

/** The entry of a key, created where there is none. `onEvicted`: called for each entry that is evicted for it. */
export function entryOf(
  { state, maxEntries }: Memory,
  key: string,
  provider: string,
  onEvicted: () => void,
): CacheEntry {
  const found = findEntry(state, key);
  if (found !== undefined) return found;
  const entry: CacheEntry = {
    provider,
    cached: undefined,
    invalidated: false,
    notBefore: 0,
    lastStarted: undefined,
    backoffs: new Map(),
    lastError: undefined,
    served: 0,
    exchanges: 0,
    failures: 0,
  };
  state.candidates.set(key, entry);
  evictOldest(state.candidates, Math.min(maxEntries, MAX_CANDIDATES), onEvicted);
  return entry;
}

/** Keeps an entry that has a cached credential now; one that was evicted during its refresh comes back. */
export function keepEntry(
  { state, maxEntries }: Memory,
  key: string,
  entry: CacheEntry,
  onEvicted: () => void,
): void {
  state.candidates.delete(key);
  putLast(state, key, entry);
  evictOldest(state.entries, maxEntries, onEvicted);
}

function evictOldest(entries: Map<string, CacheEntry>, most: number, onEvicted: () => void): void {
  for (const key of entries.keys()) {
    if (entries.size <= most) return;
    entries.delete(key);
    onEvicted();
  }
}

/** Marks an entry with a cached credential as the most recently used one. */
export function markUsed(state: CacheState, key: string, entry: CacheEntry): void {
  if (state.newest !== entry) putLast(state, key, entry);
}

function putLast(state: CacheState, key: string, entry: CacheEntry): void {
  state.entries.delete(key);
  state.entries.set(key, entry);
  state.newest = entry;
}

/** What a person would ask about one credential. */
export function statusOf(entry: CacheEntry | undefined, clock: Clock): CredentialStatus {
  if (entry === undefined) return { state: 'empty', counts: { served: 0, exchanges: 0, failures: 0 } };
  const { cached, invalidated, served, exchanges, failures, lastError } = entry;
  const age = cached === undefined ? 0 : since(cached.received, clock);
  const state = stateOf({ schedule: cached?.schedule, age, invalidated });
  const urgent = state !== 'fresh' && state !== 'refresh-ahead';
  const backoff = [...entry.backoffs.values()]
    .map((one) => ({ kind: one.kind, until: one.since.wall + delayOf(one, urgent) }))
    .filter(({ until }) => until > clock.now())
    .sort((a, b) => b.until - a.until)[0];
  const receivedAt = cached?.received.wall ?? 0;
  return {
    state,
    ...(cached === undefined
      ? {}
      : {
          since: receivedAt,
          from: cached.fromStore && 'store',
          refreshAt: receivedAt + cached.schedule.refreshAge,
          until: receivedAt + cached.schedule.usableAge,
        }),
    backoff: backoff,
    lastError: lastError?.code,
    counts: { served, exchanges, failures },
  };
}
