/**
 * Exchanges for tokens that never brought a credential. Anyone who can send a request can send forged tokens, each of them
 * different. They are limited per cache and provider, since a source may be created for each request.
 */

import type { Clock, Subject } from '../contract.js';
import { since } from '../runtime/clock.js';
import { sharesPromises } from '../runtime/deadline.js';
import type { CredentialCache } from './cache.js';
import type { CacheEntry, Refresh, UnprovenExchanges } from './entry.js';

/** This many at once. Then the oldest is ended for the newest, if it had time enough for a normal exchange. */
export const MOST_UNDER_WAY = 1_000;
const TIME_FOR_ONE_MS = 1_000;
/** This many failures at once, then this many per second. An exchange is charged when it starts; a success is refunded. */
export const MOST_FAILURES = 1_000;
export const FAILURES_PER_SECOND = 500;

/** What an exchange that is ended for the newest one is told: the name of its signal's reason. */
export const CROWDED = 'QuotaExceededError';

/** True if only the token itself names its identity, and it never brought a credential. */
export const isUnproven = ({ identityKey }: Subject, { cached }: CacheEntry): boolean =>
  identityKey === undefined && cached === undefined;

/** Whether one more exchange may start. */
export function admitsUnproven(cache: CredentialCache, provider: string, clock: Clock): boolean {
  const unproven = unprovenOf(cache, provider, clock);
  if (unproven.failuresLeft < 1) return false;
  if (unproven.refreshes.size < MOST_UNDER_WAY) return true;
  const oldest = unproven.refreshes.values().next().value as Refresh;
  const age = since(oldest.started, clock);
  // In an edge isolate it belongs to another request, which alone may end it: it is forgotten once it is overdue.
  if (age < TIME_FOR_ONE_MS || (!sharesPromises() && age < oldest.maxAgeMs)) return false;
  unproven.refreshes.delete(oldest);
  if (sharesPromises()) oldest.abandon(true);
  return true;
}

/** Counts an exchange from its start to its end. */
export function countUnproven(
  cache: CredentialCache,
  provider: string,
  clock: Clock,
  refresh: Refresh,
): void {
  const unproven = unprovenOf(cache, provider, clock);
  unproven.failuresLeft -= 1;
  unproven.refreshes.add(refresh);
  void refresh.outcome.then((outcome) => {
    unproven.refreshes.delete(refresh);
    if (outcome.kind !== 'issued') return;
    unproven.failuresLeft = Math.min(MOST_FAILURES, unproven.failuresLeft + 1);
  });
}

function unprovenOf({ state }: CredentialCache, provider: string, clock: Clock): UnprovenExchanges {
  const now = clock.monotonic();
  let unproven = state.unproven.get(provider);
  if (unproven === undefined) {
    unproven = { refreshes: new Set(), failuresLeft: MOST_FAILURES, countedAt: now };
    state.unproven.set(provider, unproven);
  }
  const earned = (Math.max(0, now - unproven.countedAt) * FAILURES_PER_SECOND) / 1_000;
  unproven.failuresLeft = Math.min(MOST_FAILURES, unproven.failuresLeft + earned);
  unproven.countedAt = now;
  return unproven;
}
