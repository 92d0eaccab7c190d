/**
 * Calls for which only the token names the identity: its digest, and how many exchanges such tokens may cost. Loaded with
 * the first such call.
 */

import type { Clock, Credential, Subject, SubjectToken } from '../contract.js';
import { since } from '../runtime/clock.js';
import { sharesPromises } from '../runtime/deadline.js';
import { subjectTokenOf } from '../token/subject-token.js';
import type { CredentialCache } from './cache.js';
import type { OwnTokenSubject, Refresh, UnprovenExchanges } from './entry.js';
import type { ProviderContext } from './exchange.js';
import { digestOnce, MEMO_SIZE } from './key.js';

/** The caller's own token, for a key that names it. */
export async function ownTokenOf<C extends Credential, R>(
  { cache, clock, about, warn, provider }: ProviderContext<C, R>,
  subject: Subject,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly subject: OwnTokenSubject }> {
  const token = await subjectTokenOf(subject, { audience: undefined, fresh: false, signal, warn }, about);
  return {
    digest: await tokenDigest(cache, token, clock.now()),
    subject: {
      identityKey: undefined,
      token: (wanted) =>
        wanted.fresh || wanted.audience !== undefined ? subject.token(wanted) : Promise.resolve(token),
      admits: () => admitsUnproven(cache, provider, clock),
      count: (refresh) => countUnproven(cache, provider, clock, refresh),
    },
  };
}

/** The digest that stands for a token whose owner nothing else names. */
export async function tokenDigest(cache: CredentialCache, token: SubjectToken, now: number): Promise<string> {
  const { digests } = cache.state;
  const known = digests.get(token.jwt);
  if (known !== undefined) return known.digest;
  const digest = await digestOnce(cache, token.jwt);
  for (const [jwt, { expiresAt }] of digests) if (expiresAt <= now) digests.delete(jwt);
  if (digests.size >= MEMO_SIZE / 4) digests.clear();
  digests.set(token.jwt, { digest, expiresAt: token.expiresAt });
  return digest;
}

// Exchanges for tokens that never brought a credential. Anyone who can send a request can send forged tokens, each of them
// different. They are limited per cache and provider, since a source may be created for each request.

/** This many at once. Then the oldest is ended for the newest, if it had time enough for a normal exchange. */
export const MOST_UNDER_WAY = 1_000;
const TIME_FOR_ONE_MS = 1_000;
/** This many failures at once, then this many per second. An exchange is charged when it starts; a success is refunded. */
export const MOST_FAILURES = 1_000;
export const FAILURES_PER_SECOND = 500;

/** Whether one more exchange may start. */
function admitsUnproven(cache: CredentialCache, provider: string, clock: Clock): boolean {
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
function countUnproven(cache: CredentialCache, provider: string, clock: Clock, refresh: Refresh): void {
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
