/** What a person would ask about one credential. */

import type { Clock, CredentialStatus } from '../contract.js';
import { since } from '../runtime/clock.js';
import type { CacheEntry } from './cache.js';
import { delayOf, stateOf } from './policy.js';

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
