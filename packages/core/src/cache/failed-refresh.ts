/** Refreshes that brought no credential: their errors, and how long they delay the next attempt. Loaded with the first failure. */

import type { Credential, FederationErrorCode, SubjectToken } from '../contract.js';
import { FederationError, federationErrorOf } from '../federation-error.js';
import { cleanServerText } from '../redact.js';
import type { Moment } from '../runtime/clock.js';
import { momentOf, since } from '../runtime/clock.js';
import { isError } from '../visible.js';
import type { CredentialCache } from './cache.js';
import type { RefreshOutcome } from './entry.js';
import { CROWDED, findEntry } from './entry.js';
import type { FailedExchange, ProviderContext } from './exchange.js';
import { loadOwnTokens } from './get-credential.js';
import type { Failure, Backoff, Delays } from './policy.js';
import type { RefreshName, RefreshRun } from './refresh-result.js';
import { isOutdated, nameText } from './refresh-result.js';

/** At most this many backoffs per entry: one for each request and blamed token. */
const MAX_BACKOFFS = 16;

export async function recordFailure<C extends Credential, R>(
  run: RefreshRun<C, R>,
  { error, advice, blamed }: FailedExchange,
  durationMs: number,
): Promise<RefreshOutcome> {
  const { context, refresh, name, input } = run;
  const isRejection = advice !== undefined && advice.retry !== 'now';
  const kind = isRejection ? 'rejected' : 'backoff';
  const failure: Failure = { kind, error, throttled: advice?.throttled === true };
  // A timeout, or a token error before anything was sent, delays no one: the token service is not at fault.
  if (advice === undefined || (isTokenError(error.code) && !refresh.sent))
    return fail(run, failure, undefined, durationMs);
  if (!isTokenError(error.code) && blamed === undefined) return fail(run, failure, name, durationMs);
  const digest = name.digest ?? (blamed && (await digestOf(context, blamed)));
  // Where the key names the token, the failure is the key's.
  const isAttributable = digest !== undefined || input.subject.identityKey === undefined;
  return fail(run, failure, isAttributable ? { ...name, digest } : undefined, durationMs, true);
}

async function digestOf<C extends Credential, R>(
  { cache, clock }: ProviderContext<C, R>,
  token: SubjectToken,
): Promise<string> {
  const { tokenDigest } = await loadOwnTokens();
  return tokenDigest(cache, token, clock.now());
}

/** `delayed`: the refresh whose next attempt is delayed, if any. */
function fail<C extends Credential, R>(
  { context, refresh, key }: RefreshRun<C, R>,
  failure: Failure,
  delayed: RefreshName | undefined,
  durationMs: number,
  ofToken = isTokenError(failure.error.code),
): RefreshOutcome {
  const { cache, clock, random, emit } = context;
  const { error, kind } = failure;
  emit({ type: 'exchange-failed', exchangeId: refresh.exchangeId, durationMs, code: error.code });
  const entry = findEntry(cache.state, key);
  if (entry !== undefined) {
    const { cached, invalidated, backoffs } = entry;
    entry.failures += 1;
    entry.lastError = error;
    const isCurrent = !isOutdated(refresh, entry) && refresh.sequence > (cached?.ordinarySequence ?? 0);
    if (delayed !== undefined && isCurrent) {
      const age = cached === undefined ? 0 : since(cached.received, clock);
      const isGood = cached !== undefined && !invalidated && age < cached.schedule.usableAge;
      const untilMustMs = isGood ? Math.max(0, cached.schedule.mustAge - age) : undefined;
      const text = nameText(delayed);
      const previous = backoffs.get(text);
      const backoff = nextBackoff(cache.profile, failure, previous, momentOf(clock), untilMustMs, random());
      backoffs.delete(text);
      backoffs.set(text, backoff);
      if (backoffs.size > MAX_BACKOFFS) backoffs.delete(backoffs.keys().next().value as string);
    }
  }
  return { kind: 'failed', error, rejected: kind === 'rejected', ofToken };
}

/** A credential that has expired already, by this machine's clock. */
export function recordShortLifetime<C extends Credential, R>(
  run: RefreshRun<C, R>,
  lifetimeMs: number,
  durationMs: number,
): RefreshOutcome {
  const error = alreadyExpired(run.context.provider, lifetimeMs);
  return fail(run, { kind: 'backoff', error, throttled: false }, run.name, durationMs);
}

/** Why the exchange did not end by itself. */
export function interrupted<C extends Credential, R>(
  { context, refresh }: RefreshRun<C, R>,
  reason: unknown,
): FailedExchange {
  const { provider, timeoutMs, random } = context;
  const name = reason instanceof DOMException ? reason.name : undefined;
  const error =
    name === 'TimeoutError'
      ? outOfTime(provider, timeoutMs, refresh.host)
      : name === CROWDED
        ? tooManyUnproven(provider, random())
        : federationErrorOf(provider, reason, { code: 'unknown', retry: 'never' }, undefined);
  return { kind: 'failed', error, advice: undefined, presented: undefined, blamed: undefined };
}

function alreadyExpired(provider: string, lifetimeMs: number): FederationError {
  return new FederationError({
    code: 'clock_skew',
    provider,
    message: `According to the local clock, the new credential ${lifetimeMs < 0 ? `expired ${Math.round(-lifetimeMs / 1000)} seconds ago` : `expires in ${Math.round(lifetimeMs / 1000)} seconds`}.`,
    hint: 'Correct the clock of this machine. If it is right, request a longer duration.',
  });
}

function outOfTime(provider: string, timeoutMs: number, host: string | undefined): FederationError {
  return new FederationError({
    code: 'timeout',
    provider,
    message: `The exchange${host === undefined ? '' : ` with ${host}`} did not end within ${timeoutMs} ms (\`timeoutMs\`).`,
    hint: 'Raise `timeoutMs` if the network is known to be slow; otherwise the next call tries again.',
  });
}

export function abandonedTooOften(provider: string, times: number): FederationError {
  return new FederationError({
    code: 'timeout',
    provider,
    message: `The exchange was started ${times} times and abandoned each time: the process was frozen, or each took too long.`,
  });
}

export function notStarted(error: unknown): string {
  return `A refresh could not be started: ${cleanServerText(isError(error) ? error.message : 'unknown')}`;
}

/** The advised wait is spread over this range: with a constant wait, callers would keep missing a free place. */
const RETRY_AFTER_MS = { least: 250, most: 750 };

export function tooManyUnproven(provider: string, random: number): FederationError {
  const { least, most } = RETRY_AFTER_MS;
  return new FederationError({
    code: 'throttled',
    provider,
    message: 'Too many exchanges of tokens that never brought a credential are under way or have failed.',
    hint: 'Try again after `retryAfterMs`. Cached credentials are not affected. If the tokens come from requests, verify them first (`@credex/verify`): someone may be sending forged ones.',
    retryAfterMs: Math.round(least + (most - least) * random),
  });
}

// How long a failure delays the next attempt. Pure.

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
