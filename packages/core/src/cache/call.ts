/** The calls of a driver's provider: a user's options, those that a driver adds, and the object that the caller receives. */

import type { Credential, CredentialCall, CredentialProvider, Json } from '../contract.js';
import { ownMembers } from '../options/assert.js';
import { optionNames, ownCopy } from '../own.js';
import { canonicalJson } from './key.js';

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
  readonly skipCached?: boolean | undefined;
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
  skipCached: true,
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
  readonly skipCached: boolean | undefined;
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
    this.skipCached = undefined;
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
      call.skipCached !== true)
  );
}

/** Inherits nothing. Members of `request` replace those of `bound`. */
export function mergedRequest<R>(bound: Partial<R>, request: Partial<R> | undefined): Partial<R> {
  return request === undefined ? bound : Object.freeze(Object.assign(ownCopy(bound), request));
}

// What a caller receives is the caller's own: a copy of the cached record.

/**
 * Makes the caller's own object of a cached record, which is frozen and stays private. Runs for each call, so it must be
 * cheap; what it returns must share no object with the record. `nested`: whether a field of the record holds an object.
 */
export type CallerCopy<C extends Credential, V extends C> = (record: C, nested: boolean) => V;

type Fields = Readonly<Record<string, unknown>>;

/** The record that the cache keeps: a copy that neither the driver nor any caller holds, frozen throughout. */
export function frozenRecord<C extends Credential>(credential: C): C {
  return frozen(credential) as C;
}

/** Whether a field of the record holds an object, so that a shallow copy would share it. */
export function isNested(record: Credential): boolean {
  return Object.values(record).some(isObject);
}

/** A plain, unfrozen copy of a record. `nested`: what `isNested` says of it, worked out once. */
export function callerCopy<C extends Credential>(record: C, nested: boolean = isNested(record)): C {
  return nested ? (deepCopy(record) as C) : { ...record };
}

/** Whether the argument of `invalidate` means the credential of this record. */
export function matchesRecord<C extends Credential, V extends C>(
  which: V | ((held: V) => boolean) | undefined,
  record: C,
  nested: boolean,
  copyOf: CallerCopy<C, V>,
): boolean {
  if (which === undefined) return true;
  if (typeof which === 'function') return which(copyOf(record, nested));
  // A vendor's shape, and a client that writes on it, add fields to the record's: each of the record's must be the same.
  const given = which as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(record).every(([name, value]) => isSame(value, given[name]));
}

function isSame(value: unknown, other: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === other;
  return (
    typeof other === 'object' &&
    other !== null &&
    canonicalJson(value as Json) === canonicalJson(other as Json)
  );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function deepCopy(value: unknown): unknown {
  if (!isPlainData(value)) return value;
  if (Array.isArray(value)) return value.map(deepCopy);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, deepCopy(inner)]));
}

function frozen(value: unknown): unknown {
  if (!isPlainData(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozen));
  const copies = Object.entries(value).map(([name, inner]) => [name, frozen(inner)] as const);
  return Object.freeze(Object.fromEntries(copies));
}

/** The contract allows plain data alone; anything else that a driver returns is passed on unchanged. */
function isPlainData(value: unknown): value is Fields | readonly unknown[] {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || prototype === Object.prototype;
}
