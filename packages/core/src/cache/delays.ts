/** How long a failure delays the next attempt. Pure; loaded with the first failure. */

import type { FederationErrorCode } from '../contract.js';
import type { Moment } from '../runtime/clock.js';
import type { CredentialCache } from './cache.js';
import type { Backoff, Delays, Failure } from './policy.js';

const SECOND = 1_000;
const MAX_BACKOFF_MS = 60 * SECOND;
const MAX_RETRY_AFTER_MS = 300 * SECOND;
const URGENT_DELAY_MS = 5 * SECOND;

/** The rules of this package. */
function defaultDelays(
  failure: Failure,
  count: number,
  untilMustMs: number | undefined,
  jitter: number,
): Delays {
  const { kind, error, throttled } = failure;
  const doubled = SECOND * 2 ** Math.min(count - 1, 6);
  if (kind === 'rejected') {
    // One to five seconds, doubled: a loop reaches the source at most once a second.
    const delayMs = Math.min((1 + 4 * jitter) * doubled, MAX_BACKOFF_MS);
    return { delayMs, urgentDelayMs: delayMs };
  }
  const range = Math.min(MAX_BACKOFF_MS, doubled);
  if (!throttled) {
    const delayMs = jitter * range;
    return { delayMs, urgentDelayMs: Math.min(delayMs, URGENT_DELAY_MS) };
  }
  const retryAfterMs = Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  const wanted = Math.max(retryAfterMs, range / 2 + (jitter * range) / 2);
  // In the last minute the next attempt comes in time for the end of the cached credential.
  const most = untilMustMs === undefined ? MAX_BACKOFF_MS : untilMustMs > 0 ? untilMustMs : URGENT_DELAY_MS;
  const delayMs = Math.min(wanted, most);
  return { delayMs, urgentDelayMs: Math.min(delayMs, MAX_BACKOFF_MS) };
}

/** The rules that the AWS SDKs share. */
function awsSdkDelays(
  { kind }: Failure,
  _count: number,
  _untilMustMs: number | undefined,
  jitter: number,
): Delays {
  const delayMs = kind === 'rejected' ? (1 + 4 * jitter) * SECOND : (300 + 300 * jitter) * SECOND;
  return { delayMs, urgentDelayMs: delayMs };
}

/**
 * By the profile of the cache. `count`: how many failures in a row. `untilMustMs`: how long the cached credential needs no
 * refresh, `undefined` where none is usable.
 */
const DELAYS: Readonly<Record<CredentialCache['profile'], typeof defaultDelays>> = {
  default: defaultDelays,
  'aws-sdk': awsSdkDelays,
};

/** The backoff after a failure. `previous`: the one of the same request and token, if any. */
export function nextBackoff(
  profile: CredentialCache['profile'],
  failure: Failure,
  previous: Backoff | undefined,
  since: Moment,
  untilMustMs: number | undefined,
  jitter: number,
): Backoff {
  const { kind, error } = failure;
  const count = previous?.kind === kind ? previous.count + 1 : 1;
  return { kind, error, since, count, ...DELAYS[profile](failure, count, untilMustMs, jitter) };
}

/** Failures that concern the token that was presented, not the cache key that it shares with other tokens. */
const TOKEN_ERRORS: ReadonlySet<FederationErrorCode> = new Set([
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

export const isTokenError = (code: FederationErrorCode): boolean => TOKEN_ERRORS.has(code);
