/**
 * Exchanges for tokens that never brought a credential. Anyone who can send a request can send forged tokens, each of them
 * different. They are limited per cache and provider, since a source may be created for each request.
 */

import type { Clock, Subject } from '../contract.js';
import { FederationError } from '../errors.js';
import { since } from '../runtime/clock.js';
import { sharesPromises } from '../runtime/deadline.js';
import type { CacheEntry, CredentialCache, Refresh, UnprovenExchanges } from './cache.js';

/** This many at once. Then the oldest is ended for the newest, if it had time enough for a normal exchange. */
export const MOST_UNDER_WAY = 1_000;
const TIME_FOR_ONE_MS = 1_000;
/** This many failures at once, then this many per second. An exchange is charged when it starts; a success is refunded. */
export const MOST_FAILURES = 1_000;
export const FAILURES_PER_SECOND = 500;
/** The advised wait is spread over this range: with a constant wait, callers would keep missing a free place. */
const RETRY_AFTER_MS = { least: 250, most: 750 };

/** True if only the token itself names its identity, and it never brought a credential. */
export const isUnproven = ({ identityKey }: Subject, { cached }: CacheEntry): boolean =>
  identityKey === undefined && cached === undefined;

/** Admits one more exchange; otherwise returns the error for its caller. */
export function admitUnproven(
  cache: CredentialCache,
  provider: string,
  clock: Clock,
  random: () => number,
): FederationError | undefined {
  const unproven = unprovenOf(cache, provider, clock);
  const crowded = (): FederationError => tooManyUnproven(provider, random());
  if (unproven.failuresLeft < 1) return crowded();
  if (unproven.refreshes.size < MOST_UNDER_WAY) return undefined;
  const oldest = unproven.refreshes.values().next().value as Refresh;
  const age = since(oldest.started, clock);
  if (age < TIME_FOR_ONE_MS) return crowded();
  // In an edge isolate it belongs to another request, which alone may end it: it is forgotten once it is overdue.
  if (!sharesPromises() && age < oldest.maxAgeMs) return crowded();
  unproven.refreshes.delete(oldest);
  if (sharesPromises()) oldest.abandon(crowded());
  return undefined;
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

function tooManyUnproven(provider: string, random: number): FederationError {
  const { least, most } = RETRY_AFTER_MS;
  return new FederationError({
    code: 'throttled',
    provider,
    message: 'Too many exchanges of tokens that never brought a credential are under way or have failed.',
    hint: 'Try again after `retryAfterMs`. Cached credentials are not affected. If the tokens come from requests, verify them first (`@credex/verify`): someone may be sending forged ones.',
    retryAfterMs: Math.round(least + (most - least) * random),
  });
}
