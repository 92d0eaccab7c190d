/**
 * Exchanges for tokens that never brought a credential: whoever can send a request can send forged ones, and each is a
 * token of its own. They are limited for each cache and provider, since a source may be made for each request.
 */

import type { CredentialCache, Flight, Slot, UnprovenExchanges } from './cache.js';
import { since } from './clock.js';
import type { Clock, Subject } from './contract.js';
import { FederationError } from './errors.js';
import { sharesFlights } from './invocation.js';

/** As many at once; then the oldest is ended for the newest, once it had time for a sound exchange. */
export const MOST_UNDER_WAY = 1_000;
const TIME_FOR_ONE_MS = 1_000;
/** As many failures at once, and per second from then on. An exchange is charged as it starts; a success is refunded. */
export const MOST_FAILURES = 1_000;
export const FAILURES_PER_SECOND = 500;
/** The shortest wait that is advised, and the longest: with one and the same wait, callers would keep missing a free place. */
const RETRY_AFTER_MS = { least: 250, most: 750 };

/** Whose token is known by the token alone, and never brought a credential. */
export const isUnproven = ({ partition }: Subject, { held }: Slot): boolean =>
  partition === undefined && held === undefined;

/** Makes room for one more exchange. The error of a caller for whom there is none. */
export function roomForUnproven(
  cache: CredentialCache,
  provider: string,
  clock: Clock,
  random: () => number,
): FederationError | undefined {
  const unproven = unprovenOf(cache, provider, clock);
  const crowded = (): FederationError => noRoom(provider, random());
  if (unproven.failuresLeft < 1) return crowded();
  if (unproven.flights.size < MOST_UNDER_WAY) return undefined;
  const oldest = unproven.flights.values().next().value as Flight;
  const age = since(oldest.departed, clock);
  if (age < TIME_FOR_ONE_MS) return crowded();
  // In an edge isolate it belongs to another request, which alone may end it: it is forgotten once it is overdue.
  if (!sharesFlights() && age < oldest.abandonAfterMs) return crowded();
  unproven.flights.delete(oldest);
  if (sharesFlights()) oldest.displace(crowded());
  return undefined;
}

/** Counts an exchange from its start to its end. */
export function countUnproven(cache: CredentialCache, provider: string, clock: Clock, flight: Flight): void {
  const unproven = unprovenOf(cache, provider, clock);
  unproven.failuresLeft -= 1;
  unproven.flights.add(flight);
  void flight.outcome.then((outcome) => {
    unproven.flights.delete(flight);
    if (outcome.kind !== 'issued') return;
    unproven.failuresLeft = Math.min(MOST_FAILURES, unproven.failuresLeft + 1);
  });
}

function unprovenOf({ state }: CredentialCache, provider: string, clock: Clock): UnprovenExchanges {
  const now = clock.monotonic();
  let unproven = state.unproven.get(provider);
  if (unproven === undefined) {
    unproven = { flights: new Set(), failuresLeft: MOST_FAILURES, countedAt: now };
    state.unproven.set(provider, unproven);
  }
  const earned = (Math.max(0, now - unproven.countedAt) * FAILURES_PER_SECOND) / 1_000;
  unproven.failuresLeft = Math.min(MOST_FAILURES, unproven.failuresLeft + earned);
  unproven.countedAt = now;
  return unproven;
}

function noRoom(provider: string, random: number): FederationError {
  const { least, most } = RETRY_AFTER_MS;
  return new FederationError({
    code: 'throttled',
    provider,
    message: 'Too many exchanges of tokens that never brought a credential are under way or have failed.',
    hint: 'Try again after `retryAfterMs`. Cached credentials are not affected. If the tokens come from requests, verify them first (`@credex/verify`): someone may be sending forged ones.',
    retryAfterMs: Math.round(least + (most - least) * random),
  });
}
