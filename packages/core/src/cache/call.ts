/** The calls of a driver's provider: a user's options, and those that a driver adds. */

import type { Credential, CredentialCall, CredentialProvider } from '../contract.js';
import { ownMembers } from '../options/assert.js';
import { optionNames, ownCopy } from '../own.js';

/** What a driver may add to a user's call. */
export interface DriverCall<R> extends CredentialCall<R> {
  /**
   * The part of the request that is not in the cache key (AWS's region). Called after the subject is captured, and only
   * when an exchange may be needed. `warn`: emits an event `warning` of this provider.
   */
  readonly lateRequest?: ((warn: (message: string) => void) => Promise<Partial<R>>) | undefined;
  /**
   * The cached credential does not answer this request (a claims challenge). An exchange for the same request is joined,
   * and its result is cached.
   */
  readonly skipHeld?: boolean | undefined;
  /**
   * `forceRefresh` is ignored while the cached credential is younger, in milliseconds; default 0. For a client that sets
   * `forceRefresh` on its own account; a user's `forceRefresh` is always honoured.
   */
  readonly forceRefreshAfterMs?: number | undefined;
  /**
   * Limits `minValidityMs` to what the credential's lifetime allows, without an error or a warning: for what is signed with
   * the credential, and so ends with it.
   */
  readonly limitMinValidity?: boolean | undefined;
}

export interface DriverProvider<C extends Credential, R> extends CredentialProvider<C, R> {
  getCredentials(call?: DriverCall<R>): Promise<C>;
  /** The same, but returns a cached credential without a promise, which would cost as much as the rest of a hit. */
  ask(call?: DriverCall<R>): C | Promise<C>;
  /**
   * A provider whose calls have this request; members of a call's own request replace those of `request`. It is as fast as
   * a call without a request. Options, cache and events are shared, and `invalidate` of either applies to the credentials
   * of both.
   *
   * @example
   * const vault = provider.bind({ scopes: ['https://vault.azure.net/.default'] });
   * await vault.getCredentials();
   */
  bind(request: Partial<R>): DriverProvider<C, R>;
}

/** The options that core reads. A cloud's own function reads those that it adds. */
const CALL_NAMES: readonly string[] = optionNames<DriverCall<unknown>>({
  signal: true,
  forceRefresh: true,
  minValidityMs: true,
  request: true,
  lateRequest: true,
  skipHeld: true,
  forceRefreshAfterMs: true,
  limitMinValidity: true,
});

/** An empty call or request that inherits nothing. */
export const NOTHING: object = Object.freeze(ownCopy({}));

/**
 * A call that a cloud's function made. Every member is an own property, so core does not copy it. `request` inherits
 * nothing either.
 */
export class OwnCall<R> implements DriverCall<R> {
  readonly signal: AbortSignal | undefined;
  readonly forceRefresh: boolean | undefined;
  readonly minValidityMs: number | undefined;
  readonly lateRequest: DriverCall<R>['lateRequest'];
  readonly request: Partial<R> | undefined;
  readonly skipHeld: boolean | undefined;
  readonly forceRefreshAfterMs: number | undefined;
  readonly limitMinValidity: boolean | undefined;

  constructor(
    signal: AbortSignal | undefined,
    forceRefresh: boolean | undefined,
    lateRequest: DriverCall<R>['lateRequest'],
    minValidityMs?: number,
    forceRefreshAfterMs?: number,
    limitMinValidity?: boolean,
  ) {
    this.signal = signal;
    this.forceRefresh = forceRefresh;
    this.lateRequest = lateRequest;
    this.minValidityMs = minValidityMs;
    this.forceRefreshAfterMs = forceRefreshAfterMs;
    this.limitMinValidity = limitMinValidity;
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

/** Whether a cached credential answers the call as it is. What a driver adds late is needed on a miss only. */
export function isPlain(call: DriverCall<unknown> | undefined): boolean {
  return (
    call === undefined ||
    (call.request === undefined &&
      call.signal === undefined &&
      call.minValidityMs === undefined &&
      call.forceRefresh !== true &&
      call.skipHeld !== true)
  );
}

/** Inherits nothing. Members of `request` replace those of `bound`. */
export function mergedRequest<R>(bound: Partial<R>, request: Partial<R> | undefined): Partial<R> {
  return request === undefined ? bound : Object.freeze(Object.assign(ownCopy(bound), request));
}
