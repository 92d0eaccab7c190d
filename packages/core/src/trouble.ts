/** What a failure does to the attempts after it: how long the next one waits. Pure. */

import type { FederationErrorCode } from './contract.js';
import type { Moment } from './clock.js';
import type { FederationError } from './errors.js';

/** A failure that still holds attempts back. */
export interface Trouble {
  /** `backoff`: recoverable, tried again sooner or later; `rejected`: no retry mends it. */
  readonly kind: 'backoff' | 'rejected';
  readonly error: FederationError;
  readonly since: Moment;
  readonly holdMs: number;
  /** The hold where nothing usable is held, or not for long. */
  readonly urgentHoldMs: number;
  /** How many in a row, this one included. */
  readonly count: number;
}

export interface Failure {
  readonly kind: Trouble['kind'];
  readonly error: FederationError;
  readonly throttled: boolean;
}

const SECOND = 1_000;
const MAX_BACKOFF = 60 * SECOND;
const MAX_RETRY_AFTER = 5 * MAX_BACKOFF;

/** With nothing usable, or in the last minute, no backoff keeps a caller from recovery for longer. */
const URGENT_HOLD_MS: number = 5 * SECOND;

/**
 * The next trouble after a failure. `untilMustMs`: how long the held value needs no refresh, 0 in its last minute;
 * `undefined` where nothing usable is held.
 */
export function troubleAfter(
  failure: Failure,
  previous: Trouble | undefined,
  at: Moment,
  untilMustMs: number | undefined,
  drawn: number,
  profile: 'default' | 'aws-sdk',
): Trouble {
  const count = previous?.kind === failure.kind ? previous.count + 1 : 1;
  const hold = profile === 'aws-sdk' ? sdkHold(failure, drawn) : ownHold(failure, count, untilMustMs, drawn);
  return {
    kind: failure.kind,
    error: failure.error,
    since: at,
    holdMs: hold,
    urgentHoldMs: profile === 'default' ? Math.min(hold, urgentLimit(failure)) : hold,
    count,
  };
}

/** A server that asked to be left alone is left alone for longer, but not for ever. */
function urgentLimit({ kind, throttled }: Failure): number {
  return kind === 'rejected' || throttled ? MAX_BACKOFF : URGENT_HOLD_MS;
}

function ownHold(
  { kind, error, throttled }: Failure,
  count: number,
  untilMustMs: number | undefined,
  drawn: number,
): number {
  // One to five seconds, doubled: a loop that asks on and on reaches the source at most once a second.
  if (kind === 'rejected')
    return Math.min((1 + 4 * drawn) * SECOND * 2 ** Math.min(count - 1, 6), MAX_BACKOFF);
  const reach = Math.min(MAX_BACKOFF, SECOND * 2 ** Math.min(count - 1, 6));
  if (!throttled) return drawn * reach;
  const wanted = Math.max(
    Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER),
    reach / 2 + (drawn * reach) / 2,
  );
  if (untilMustMs === undefined) return Math.min(wanted, MAX_BACKOFF);
  // In the last minute the next attempt comes in time for the end of what is held.
  return Math.min(wanted, untilMustMs > 0 ? untilMustMs : URGENT_HOLD_MS);
}

function sdkHold({ kind }: Failure, drawn: number): number {
  return kind === 'rejected' ? (1 + 4 * drawn) * SECOND : (300 + 300 * drawn) * SECOND;
}

/** Failures that say something of the token that was shown, not of the identity's partition. */
export function dependsOnToken(code: FederationErrorCode): boolean {
  return TOKEN_BOUND.has(code);
}

const TOKEN_BOUND: ReadonlySet<FederationErrorCode> = new Set([
  'invalid_subject_token',
  'subject_token_expired',
  'subject_token_not_yet_valid',
  'subject_mismatch',
  'token_rejected',
  'issuer_mismatch',
  'audience_mismatch',
  'subject_not_allowed',
  'subject_case_mismatch',
  'access_denied',
  'no_subject_token',
  'no_fresher_token',
]);
