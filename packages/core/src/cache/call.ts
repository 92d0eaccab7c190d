/** What one call says: what every user may, and what a driver adds. */

import type { CredentialCall } from '../contract.js';
import { ownMembers } from '../options/assert.js';
import { optionNames, ownCopy } from '../own.js';

/** What a driver may add to a user's call. */
export interface DriverCall<R> extends CredentialCall<R> {
  /**
   * The part of the request that the target does not depend on (AWS's region): asked for after the subject is
   * captured, and only when an exchange may be needed. `warn`: emits an event `warning` of this provider.
   */
  readonly lateRequest?: ((warn: (message: string) => void) => Promise<Partial<R>>) | undefined;
  /**
   * What is held is no answer to this request (a claims challenge): an exchange for the very same request is
   * joined, and its answer is kept.
   */
  readonly skipHeld?: boolean | undefined;
  /**
   * `forceRefresh` is ignored while the cached credential is younger, in milliseconds; default 0. For a client that sets
   * `forceRefresh` on its own account; a user's `forceRefresh` is always honoured.
   */
  readonly forceRefreshAfterMs?: number | undefined;
}

/** What a call may name. Members that a cloud's own function adds are read by that function. */
const CALL_NAMES: readonly string[] = optionNames<DriverCall<unknown>>({
  signal: true,
  forceRefresh: true,
  minValidityMs: true,
  request: true,
  lateRequest: true,
  skipHeld: true,
  forceRefreshAfterMs: true,
});

/** No call and no request: inherits nothing. */
export const NOTHING: object = Object.freeze(ownCopy({}));

/**
 * A call that a cloud's function made: each member is its own, so that nothing is inherited and nothing need be copied.
 * `request`: inherits nothing either.
 */
export class OwnCall<R> implements DriverCall<R> {
  readonly signal: AbortSignal | undefined;
  readonly forceRefresh: boolean | undefined;
  readonly minValidityMs: number | undefined;
  readonly lateRequest: DriverCall<R>['lateRequest'];
  readonly request: Partial<R> | undefined;
  readonly skipHeld: boolean | undefined;
  readonly forceRefreshAfterMs: number | undefined;

  constructor(
    signal: AbortSignal | undefined,
    forceRefresh: boolean | undefined,
    lateRequest: DriverCall<R>['lateRequest'],
    minValidityMs?: number,
    forceRefreshAfterMs?: number,
  ) {
    this.signal = signal;
    this.forceRefresh = forceRefresh;
    this.lateRequest = lateRequest;
    this.minValidityMs = minValidityMs;
    this.forceRefreshAfterMs = forceRefreshAfterMs;
    this.request = undefined;
    this.skipHeld = undefined;
  }
}

/** The call's own members, and those of its request. @throws OptionError where one is inherited from a class */
export function ownCall<R>(call: DriverCall<R> | undefined): DriverCall<R> {
  if (call === undefined) return NOTHING;
  if (call instanceof OwnCall) return call;
  const own = ownMembers('getCredentials', call, CALL_NAMES, 'call');
  if (typeof own.request !== 'object' || own.request === null) return own;
  return Object.assign(own, { request: ownCopy(own.request) });
}
