/** When a credential is refreshed and how long it is used: pure arithmetic over its lifetime. */

import type { Credential, Issued } from './contract.js';

/** Ages in milliseconds since the credential was received; always refresh ≤ must ≤ usable. */
export interface Schedule {
  readonly lifetimeMs: number;
  readonly refreshAge: number;
  readonly mustAge: number;
  readonly usableAge: number;
}

export interface ScheduleRules {
  /** A user's own window, in milliseconds; clamped to half the lifetime. */
  readonly refreshAheadMs?: number | undefined;
  readonly profile: 'default' | 'aws-sdk';
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The clocks of both sides may differ by this much before `Date` is thought wrong. */
const MAX_SKEW = 10 * MINUTE;

/** How much of the window the start of the refresh is spread over. */
const JITTER = 0.2;

/** A credential with less than this is a failed refresh. */
export const SHORTEST_LIFETIME_MS: number = 30 * SECOND;

/**
 * How long the credential lives from now on, by the server's clock where its answer had one: a machine whose
 * clock is off neither throws a good credential away nor uses a dead one.
 */
export function lifetimeOf(issued: Issued<Credential>, receivedAt: number): number {
  const skew =
    issued.serverDate === undefined ? 0 : clamp(receivedAt - issued.serverDate, -MAX_SKEW, MAX_SKEW);
  const lifetime = issued.credential.expiresAt + skew - receivedAt;
  return Math.min(lifetime, issued.longestMs ?? Number.POSITIVE_INFINITY);
}

/** `hintAge`: the server's advice, as an age. `drawn`: a number from 0 to 1, drawn once for this credential. */
export function scheduleOf(
  lifetimeMs: number,
  hintAge: number | undefined,
  drawn: number,
  rules: ScheduleRules,
): Schedule {
  return rules.profile === 'aws-sdk'
    ? sdkSchedule(lifetimeMs, rules)
    : ownSchedule(lifetimeMs, hintAge, drawn, rules);
}

function ownSchedule(
  lifetimeMs: number,
  hintAge: number | undefined,
  drawn: number,
  rules: ScheduleRules,
): Schedule {
  const ahead = Math.min(rules.refreshAheadMs ?? Math.min(lifetimeMs / 4, 15 * MINUTE), lifetimeMs / 2);
  const usableAge = lifetimeMs - Math.min(5 * SECOND, lifetimeMs / 20);
  const mustAge = Math.min(lifetimeMs - Math.min(MINUTE, lifetimeMs / 10), usableAge);
  const start = Number.isFinite(hintAge)
    ? clamp(hintAge as number, lifetimeMs / 2, mustAge)
    : lifetimeMs - ahead;
  return { lifetimeMs, refreshAge: Math.min(start + drawn * JITTER * ahead, mustAge), mustAge, usableAge };
}

/** The shared rules of the AWS SDKs: fixed windows, no jitter, and served past expiry. */
function sdkSchedule(lifetimeMs: number, rules: ScheduleRules): Schedule {
  const ahead = rules.refreshAheadMs ?? sdkWindow(lifetimeMs);
  const mustAge = Math.max(0, lifetimeMs - MINUTE);
  return { lifetimeMs, refreshAge: clamp(lifetimeMs - ahead, 0, mustAge), mustAge, usableAge: lifetimeMs };
}

function sdkWindow(lifetimeMs: number): number {
  if (lifetimeMs <= 20 * MINUTE) return 5 * MINUTE;
  return lifetimeMs < 90 * MINUTE ? 15 * MINUTE : 60 * MINUTE;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
