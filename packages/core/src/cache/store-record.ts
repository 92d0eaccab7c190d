/** A record of a shared store, judged: which credential it holds, how old it is, and whether it may replace the cached one. */

import type { CacheEntry, CachedCredential, Refresh } from './entry.js';
import { policyOf } from './cache.js';
import { frozenRecord, isNested } from './call.js';
import { canonicalJson } from './key.js';
import type { Moment } from '../runtime/clock.js';
import { momentOf, since } from '../runtime/clock.js';
import type { Clock, Credential, Json } from '../contract.js';
import type { OpenedRecord } from '../store-contract.js';
import type { ProviderContext } from './exchange.js';
import type { Schedule } from './policy.js';
import { SHORTEST_LIFETIME_MS } from './policy.js';

/** The clocks of two instances may differ by this much. */
const MAX_SKEW_MS = 60_000;
/** A response's `Date` has whole seconds, so by the clock a record may seem a little older than by its time to live. */
const DATE_TOLERANCE_MS = 2_000;

/** A record that was decrypted and parsed. */
export interface Candidate<C extends Credential> {
  readonly credential: C;
  readonly issuedAt: number;
  readonly lifetimeMs: number;
  readonly hintAge: number | undefined;
  /** When the credential was issued, by the provider's clocks. */
  readonly received: Moment;
  /** Whether the engine told how long the record still lives, and the clock does not contradict it. */
  readonly isTimed: boolean;
}

/** How a record was read: its remaining time to live needs no clock that instances agree on. */
export interface ReadAt {
  /** Before the engine was asked. */
  readonly moment: Moment;
  readonly ttlMs: number | undefined;
  /** The store's clock. */
  readonly clock: Clock;
}

/** The record of a key as a candidate; `undefined` if it is of another key, no credential of the provider, or implausible. */
export function candidateOf<C extends Credential, R>(
  context: ProviderContext<C, R>,
  recordKey: string,
  { record, endsAt }: OpenedRecord,
  { moment, ttlMs, clock }: ReadAt,
): Candidate<C> | undefined {
  const { exchanger, provider } = context;
  if (record.key !== recordKey || record.provider !== provider) return undefined;
  const { issuedAt, hintAge } = record;
  let credential: C;
  try {
    credential = exchanger.parseStored(record.credential);
  } catch {
    return undefined;
  }
  const now = clock.now();
  const lifetimeMs = Math.min(record.lifetimeMs, credential.expiresAt - issuedAt);
  if (!(lifetimeMs >= SHORTEST_LIFETIME_MS) || issuedAt > now + MAX_SKEW_MS) return undefined;
  const isTimed = typeof ttlMs === 'number' && ttlMs >= 0;
  const ageByTtl = isTimed ? endsAt - issuedAt - ttlMs + since(moment, clock) : 0;
  const ageByClock = now - issuedAt;
  const age = Math.max(0, ageByClock, ageByTtl);
  const { wall, mono } = momentOf(context.clock);
  const received = { wall: wall - age, mono: mono - age };
  // An engine that overstates what is left, or wrote late, must not outweigh the clock.
  const isTrusted = isTimed && ageByTtl >= ageByClock - DATE_TOLERANCE_MS;
  return { credential, issuedAt, lifetimeMs, hintAge, received, isTimed: isTrusted };
}

/** Whether a service refused this very credential. */
export function isRefused({ refused }: CacheEntry, { credential }: Candidate<Credential>): boolean {
  return refused !== undefined && isSame(refused.credential, credential);
}

/**
 * What to cache, if the candidate is better than what is cached: it ends later, needs no refresh yet, is valid for as long
 * as the callers of the refresh demand, and was issued after any credential that a service refused.
 */
export function adoptable<C extends Credential, R>(
  context: ProviderContext<C, R>,
  refresh: Refresh,
  entry: CacheEntry,
  candidate: Candidate<C>,
): CachedCredential | undefined {
  const { cache, clock, random } = context;
  const { lifetimeMs, received, issuedAt, hintAge } = candidate;
  const { cached, refused } = entry;
  const age = since(received, clock);
  const policy = policyOf(cache);
  const aheadMs = policy.aheadMs(lifetimeMs, cache.refreshAheadMs);
  const planned = policy.schedule(lifetimeMs, aheadMs, hintAge, random());
  const schedule = candidate.isTimed ? planned : withReserve(planned);
  if (age >= schedule.mustAge) return undefined;
  if (lifetimeMs - age < demandOf(context, lifetimeMs, refresh.minValidityMs)) return undefined;
  if (refused !== undefined && (issuedAt <= refused.issuedAt || isRefused(entry, candidate)))
    return undefined;
  if (cached !== undefined && !entry.invalidated) {
    const endsLater = lifetimeMs - age > cached.schedule.lifetimeMs - since(cached.received, clock);
    const startedLater = refresh.sequence > cached.ordinarySequence;
    if (!endsLater || !startedLater || isSame(cached.credential, candidate.credential)) return undefined;
  }
  return cachedOf(candidate, schedule, cached);
}

/** What a refresh may demand of a credential of this lifetime: what lies before its refresh window. */
export function demandOf<C extends Credential, R>(
  { cache }: ProviderContext<C, R>,
  lifetimeMs: number,
  minValidityMs: number,
): number {
  const aheadMs = policyOf(cache).aheadMs(lifetimeMs, cache.refreshAheadMs);
  return Math.min(minValidityMs, Math.max(0, lifetimeMs - aheadMs));
}

/** Only the clocks of two instances tell the age, and they may differ by a minute: the last one is not used. */
function withReserve({ lifetimeMs, refreshAge, mustAge, usableAge: usable }: Schedule): Schedule {
  const usableAge = Math.min(usable, Math.max(0, lifetimeMs - MAX_SKEW_MS));
  const must = Math.min(mustAge, usableAge);
  return { lifetimeMs, refreshAge: Math.min(refreshAge, must), mustAge: must, usableAge };
}

/** An adopted credential does not outrank an exchange in flight: the exchange's result replaces it. */
function cachedOf<C extends Credential>(
  { credential, received, issuedAt }: Candidate<C>,
  schedule: Schedule,
  previous: CachedCredential | undefined,
): CachedCredential {
  const record = frozenRecord(credential);
  return {
    credential: record,
    nested: isNested(record),
    received,
    issuedAt,
    fromStore: true,
    schedule,
    sequence: previous?.sequence ?? 0,
    ordinarySequence: previous?.ordinarySequence ?? 0,
  };
}

const isSame = (one: Credential, other: Credential): boolean =>
  canonicalJson(one as unknown as Json) === canonicalJson(other as unknown as Json);
