/** When a credential is refreshed, and what a call gets meanwhile: the rules of this package, and those of the AWS SDKs. Pure. */

import type { Credential, CredentialState, ExchangeResult } from '../contract.js';
import type { FederationErrorFields } from '../errors.js';
import type { Moment } from '../runtime/clock.js';

/** Ages in milliseconds since the credential was received; always refresh ≤ must ≤ usable ≤ lifetime. */
export interface Schedule {
  readonly lifetimeMs: number;
  /** From this age on, calls refresh it in the background. */
  readonly refreshAge: number;
  /** From this age on, calls wait briefly for the refresh. */
  readonly mustAge: number;
  /** From this age on, it is not served. */
  readonly usableAge: number;
}

export interface Failure {
  /** `backoff`: a retry may succeed; `rejected`: none will until something is changed. */
  readonly kind: 'backoff' | 'rejected';
  readonly error: FederationErrorFields;
  /** The server asked to slow down. */
  readonly throttled: boolean;
}

export interface Delays {
  readonly delayMs: number;
  /** The delay where no usable credential is cached, or not for long. */
  readonly urgentDelayMs: number;
}

/** A failure that delays the next attempt. */
export interface Backoff extends Delays {
  readonly kind: Failure['kind'];
  readonly error: FederationErrorFields;
  readonly since: Moment;
  /** How many failures of this kind in a row, this one included. */
  readonly count: number;
}

/** One cache entry at one moment, as one call sees it. */
export interface EntryState {
  /** Of the cached credential; `undefined` where none is cached. */
  readonly schedule: Schedule | undefined;
  readonly age: number;
  /** A service refused the cached credential. */
  readonly invalidated: boolean;
  readonly backoff: Backoff | undefined;
  readonly backoffAge: number;
  /** A refresh that this call can join is in flight. */
  readonly refreshing: boolean;
  /** A refresh that this call cannot join started within the last second, or another instance holds the store's lock. */
  readonly startedRecently: boolean;
  /** The cached credential is valid for less than the call's `minValidityMs`. */
  readonly belowMinValidity: boolean;
}

export type Decision =
  | { readonly do: 'serve' }
  | { readonly do: 'fail'; readonly error: FederationErrorFields }
  /** Refresh, and wait at most `waitMs`. `fallback`: serve the cached credential if the wait or the refresh fails. */
  | { readonly do: 'refresh'; readonly waitMs: number; readonly fallback: boolean };

export interface RefreshPolicy {
  /** Whether a rejection is raised while the cached credential is still usable. */
  readonly raisesRejections: boolean;
  /** A credential younger than this is not invalidated. */
  readonly invalidateAfterMs: number;
  /** The length of the refresh window at the end of the lifetime. `configuredMs`: the user's `refreshAheadMs`. */
  aheadMs(lifetimeMs: number, configuredMs: number | undefined): number;
  /** `hintAge`: the age at which the server advises to refresh (`refresh_in`). `jitter`: from 0 to 1, drawn once for this credential. */
  schedule(lifetimeMs: number, aheadMs: number, hintAge: number | undefined, jitter: number): Schedule;
  decide(state: EntryState): Decision;
  /** Whether a cached credential may still be served. */
  isUsable(schedule: Schedule, age: number, invalidated: boolean): boolean;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Both clocks may differ by this much before the server's `Date` is considered wrong. */
const MAX_SKEW_MS = 10 * MINUTE;
/** The part of the refresh window over which the start of the refresh is spread. */
const JITTER = 0.2;
/** A credential with a shorter lifetime is a failed refresh. */
export const SHORTEST_LIFETIME_MS: number = 30 * SECOND;
/** No edge isolate starts a second refresh within this time while the cached credential is still usable. */
export const RECENT_START_MS: number = SECOND;
const BRIEF_WAIT_MS = 3 * SECOND;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/**
 * The lifetime from receipt on, by the server's clock where its response had a `Date`: a machine whose clock is wrong
 * neither drops a good credential nor uses an expired one.
 */
export function lifetimeOf(issued: ExchangeResult<Credential>, receivedAt: number): number {
  const skew =
    issued.serverDate === undefined ? 0 : clamp(receivedAt - issued.serverDate, -MAX_SKEW_MS, MAX_SKEW_MS);
  const lifetime = issued.credential.expiresAt + skew - receivedAt;
  return Math.min(lifetime, issued.maxLifetimeMs ?? Infinity);
}

export function stateOf({
  schedule,
  age,
  invalidated,
}: Pick<EntryState, 'schedule' | 'age' | 'invalidated'>): CredentialState {
  if (schedule === undefined) return 'empty';
  if (invalidated) return 'invalidated';
  if (age < schedule.refreshAge) return 'fresh';
  if (age < schedule.mustAge) return 'refresh-ahead';
  return age < schedule.usableAge ? 'must-refresh' : 'expired';
}

export const delayOf = ({ delayMs, urgentDelayMs }: Delays, urgent: boolean): number =>
  urgent ? urgentDelayMs : delayMs;

/** Whether the last failure still delays the next attempt. */
export function isBackedOff(
  { backoff, backoffAge }: Pick<EntryState, 'backoff' | 'backoffAge'>,
  urgent: boolean,
): boolean {
  return backoff !== undefined && backoffAge < delayOf(backoff, urgent);
}

const SERVE: Decision = { do: 'serve' };

/** Waits briefly for a better credential than the cached one, which is good for a little longer. */
function refreshBriefly(state: EntryState): Decision {
  if (!state.refreshing && isBackedOff(state, true)) return SERVE;
  const { usableAge } = state.schedule as Schedule;
  return { do: 'refresh', waitMs: Math.min(BRIEF_WAIT_MS, usableAge - state.age), fallback: true };
}

/** The rules of this package: an expired credential is never served, and no call waits without need. */
export const defaultPolicy: RefreshPolicy = {
  raisesRejections: false,
  invalidateAfterMs: 10 * SECOND,
  isUsable: ({ usableAge }, age, invalidated) => !invalidated && age < usableAge,

  aheadMs: (lifetimeMs, configuredMs) =>
    Math.min(configuredMs ?? Math.min(lifetimeMs / 4, 15 * MINUTE), lifetimeMs / 2),

  schedule(lifetimeMs, aheadMs, hintAge, jitter) {
    const usableAge = lifetimeMs - Math.min(5 * SECOND, lifetimeMs / 20);
    const mustAge = Math.min(lifetimeMs - Math.min(MINUTE, lifetimeMs / 10), usableAge);
    const start = Number.isFinite(hintAge)
      ? clamp(hintAge as number, lifetimeMs / 2, mustAge)
      : lifetimeMs - aheadMs;
    const refreshAge = Math.min(start + jitter * JITTER * aheadMs, mustAge);
    return { lifetimeMs, refreshAge, mustAge, usableAge };
  },

  decide(state) {
    const { refreshing, startedRecently, backoff } = state;
    const name = stateOf(state);
    const isEarly = name === 'fresh' || name === 'refresh-ahead';
    if (isEarly && state.belowMinValidity) return startedRecently ? SERVE : refreshBriefly(state);
    if (name === 'fresh') return SERVE;
    if (name === 'refresh-ahead')
      return refreshing || startedRecently || isBackedOff(state, false)
        ? SERVE
        : { do: 'refresh', waitMs: 0, fallback: true };
    if (name === 'must-refresh') return refreshBriefly(state);
    return !refreshing && isBackedOff(state, true)
      ? { do: 'fail', error: (backoff as Backoff).error }
      : { do: 'refresh', waitMs: Infinity, fallback: false };
  },
};

function windowOf(lifetimeMs: number): number {
  if (lifetimeMs <= 20 * MINUTE) return 5 * MINUTE;
  return lifetimeMs < 90 * MINUTE ? 15 * MINUTE : 60 * MINUTE;
}

/** The rules that the AWS SDKs share: a refresh blocks, and an expired credential is served if it fails. */
export const awsSdkPolicy: RefreshPolicy = {
  raisesRejections: true,
  invalidateAfterMs: 0,
  isUsable: () => true,
  aheadMs: (lifetimeMs, configuredMs) => configuredMs ?? windowOf(lifetimeMs),

  schedule(lifetimeMs, aheadMs) {
    const mustAge = Math.max(0, lifetimeMs - MINUTE);
    const refreshAge = Math.min(Math.max(lifetimeMs - aheadMs, 0), mustAge);
    return { lifetimeMs, refreshAge, mustAge, usableAge: lifetimeMs };
  },

  decide(state) {
    const { backoff } = state;
    const name = stateOf(state);
    if (name === 'fresh') {
      if (!state.belowMinValidity || state.startedRecently) return SERVE;
      return refreshBriefly(state);
    }
    const isDelayed = isBackedOff(state, false);
    if (isDelayed && backoff?.kind === 'rejected') return { do: 'fail', error: backoff.error };
    if (isDelayed && name !== 'empty') return SERVE;
    return { do: 'refresh', waitMs: Infinity, fallback: name !== 'empty' };
  },
};
