/** What a person would ask about one credential. */

import type { Slot } from './cache.js';
import { since } from './clock.js';
import type { Clock, CredentialStatus } from './contract.js';
import { holdOf, stateOf } from './policy.js';

export function statusOf(slot: Slot | undefined, clock: Clock): CredentialStatus {
  if (slot === undefined) return { state: 'empty', counts: { served: 0, exchanges: 0, failures: 0 } };
  const { held, invalidated, served, exchanges, failures, lastError } = slot;
  const age = held === undefined ? 0 : since(held.received, clock);
  const state = stateOf({ schedule: held?.schedule, age, invalidated });
  const urgent = state !== 'fresh' && state !== 'refresh-ahead';
  const holding = [...slot.troubles.values()]
    .map((trouble) => ({ kind: trouble.kind, until: trouble.since.wall + holdOf(trouble, urgent) }))
    .filter(({ until }) => until > clock.now())
    .sort((a, b) => b.until - a.until)[0];
  const born = held?.received.wall ?? 0;
  return {
    state,
    ...(held === undefined
      ? {}
      : { since: born, refreshAt: born + held.schedule.refreshAge, until: born + held.schedule.usableAge }),
    holding,
    lastError: lastError?.code,
    counts: { served, exchanges, failures },
  };
}
