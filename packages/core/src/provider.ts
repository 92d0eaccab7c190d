/** `createCredentialProvider`: the provider that each cloud's factory returns, made from the cloud's exchanger. */

import { findEntry, markUsed, statusOf } from './cache/entry.js';
import { policyOf, processWideCache } from './cache/cache.js';
import type { CallerCopy, DriverCall, DriverProvider } from './cache/call.js';
import {
  NOTHING,
  callerCopy,
  isNested,
  isPlain,
  matchesRecord,
  mergedRequest,
  ownCall,
} from './cache/call.js';
import type { ProviderContext } from './cache/exchange.js';
import type { Call, CallBase } from './cache/get-credential.js';
import { getCredential, isFresh, readOwnToken } from './cache/get-credential.js';
import type { KeyFields } from './cache/key.js';
import {
  canonicalJson,
  digestIdentity,
  keyText,
  knownKey,
  platformIdentityKey,
  valueKey,
} from './cache/key.js';
import type {
  Credential,
  CredentialStatus,
  Exchanger,
  Json,
  Subject,
  SubjectTokenSource,
} from './contract.js';
import { invalidOption, ownOptions } from './options/assert.js';
import type { CredentialProviderOptions } from './provider-options.js';
import { contextOf, minValidityOf, PROVIDER_OPTION_NAMES, refuseWideWindow } from './provider-options.js';
import { memberOf } from './own.js';
import { abortedError, withCallerDeadline } from './runtime/deadline.js';
import { since } from './runtime/clock.js';
import type { Invocation } from './runtime/deadline.js';
import { loadOnce } from './runtime/load-once.js';

/** Loaded with the first failure. */
const loadErrors = /* @__PURE__ */ loadOnce(() => import('./federation-error.js'));

const MAX_OWN_KEYS = 1_024;

/** What a provider and the providers that are bound to a request share. */
interface OwnKeys {
  /** The cache keys of their calls: `invalidate()` without a credential touches no other. */
  readonly keys: Set<string>;
  /** How many keys were dropped from `keys`, which is bounded. */
  dropped: number;
  /** The identity key of the last call for which only the token named the identity. */
  lastDigestKey: string | undefined;
  /** Of the store, once a call needed it. */
  storeFingerprint: string | undefined;
}

/** A provider's parts, and what it remembers of its calls. */
interface ProviderParts<C extends Credential, R, V extends C> {
  readonly context: ProviderContext<C, R>;
  readonly source: SubjectTokenSource;
  readonly invocation: (() => Invocation | undefined) | undefined;
  readonly copyOf: CallerCopy<C, V>;
  readonly minValidityMs: number;
  readonly lifetimeMs: number | undefined;
  /** Canonical text of `expect`. */
  readonly expectation: string;
  readonly own: OwnKeys;
  /** The request of a call without a request. */
  readonly request: Partial<R>;
  /** The identity of the last call without a request, and its key: a hit compares two strings. */
  plainIdentity: string | undefined;
  plainKey: string;
  /** `own.dropped` at that time. A later drop may be of `plainKey`: then the key is added again. */
  plainDropped: number;
  plainTarget: string | undefined;
}

/**
 * The provider of one exchanger. Each call returns an object, and throws an error, of the caller's own.
 * `copyOf`: makes that object; default: a copy of every field.
 *
 * @throws OptionError for an option out of its range
 */
export function createCredentialProvider<C extends Credential, R = void, V extends C = C>(
  exchanger: Exchanger<C, R>,
  given: CredentialProviderOptions,
  copyOf: CallerCopy<C, V> = callerCopy as CallerCopy<C, V>,
): DriverProvider<V, R> {
  const options = ownOptions('createCredentialProvider', given, PROVIDER_OPTION_NAMES);
  const context = contextOf(exchanger, options);
  if (context.cache.profile === 'default') refuseWideWindow(context.cache, options.lifetimeMs);
  const provider: ProviderParts<C, R, V> = {
    context,
    source: options.source,
    invocation: options.invocation,
    copyOf,
    minValidityMs: minValidityOf(options.minValidityMs, options.lifetimeMs) ?? 0,
    lifetimeMs: options.lifetimeMs,
    expectation: canonicalJson((context.expectation ?? null) as Json),
    own: { keys: new Set(), dropped: 0, lastDigestKey: undefined, storeFingerprint: undefined },
    request: NOTHING as Partial<R>,
    ...NO_PLAIN_CALL,
  };
  return driverProvider(provider);
}

const NO_PLAIN_CALL = { plainIdentity: undefined, plainKey: '', plainDropped: 0, plainTarget: undefined };

function driverProvider<C extends Credential, R, V extends C>(
  provider: ProviderParts<C, R, V>,
): DriverProvider<V, R> {
  const ask = (call?: DriverCall<R>): V | Promise<V> => credentialFor(provider, call);
  return {
    async getCredentials(call?: DriverCall<R>): Promise<V> {
      const credential = ask(call);
      // Awaited here, so that an error's stack leads to the caller.
      return credential instanceof Promise ? await credential : credential;
    },
    ask,
    invalidate: (which) => invalidate(provider, which),
    status: (call) => status(provider, call),
    bind: (request) =>
      driverProvider({ ...provider, ...NO_PLAIN_CALL, request: mergedRequest(provider.request, request) }),
  };
}

/** A fresh cached credential without a promise; everything else goes through `getCredential`. */
function credentialFor<C extends Credential, R, V extends C>(
  provider: ProviderParts<C, R, V>,
  given: DriverCall<R> | undefined,
): V | Promise<V> {
  const call = given === undefined ? undefined : ownCall(given);
  const subject = provider.source.capture();
  const isKnown = subject.identityKey !== undefined && subject.identityKey === provider.plainIdentity;
  if (isKnown && isPlain(call) && provider.plainDropped === provider.own.dropped) {
    const { context, plainKey } = provider;
    const { cache } = context;
    const entry = cache.state.entries.get(plainKey);
    if (entry !== undefined && isFresh(context, entry, provider.minValidityMs)) {
      const { credential, nested } = entry.cached;
      markUsed(cache.state, plainKey, entry);
      entry.served += 1;
      if (context.isListening()) context.emit({ type: 'served', from: 'cache' });
      return provider.copyOf(credential as C, nested);
    }
  }
  return answer(provider, subject, call ?? (NOTHING as DriverCall<R>));
}

async function answer<C extends Credential, R, V extends C>(
  provider: ProviderParts<C, R, V>,
  subject: Subject,
  given: DriverCall<R>,
): Promise<V> {
  const { context, copyOf } = provider;
  const target = targetText(provider, given.request);
  const call = callOf(provider, given);
  try {
    if (given.signal?.aborted === true) throw await abortedError(context.provider);
    const record = await recordFor(provider, subject, given.request === undefined, target, call);
    return copyOf(record, isNested(record));
  } catch (error) {
    // Others may wait for the same exchange, or receive the same error later.
    throw (await loadErrors()).callerError(error);
  }
}

function callOf<C extends Credential, R, V extends C>(
  { context, invocation, minValidityMs, lifetimeMs, request }: ProviderParts<C, R, V>,
  given: DriverCall<R>,
): CallBase<R> {
  return {
    request: mergedRequest(request, given.request) as R,
    lateRequest: given.lateRequest,
    freshness: given.forceRefresh === true ? 'newer' : given.skipCached === true ? 'new' : 'cached',
    challenge: given.skipCached === true,
    forceRefreshAfterMs: given.forceRefreshAfterMs ?? 0,
    minValidityMs: minValidityOf(given.minValidityMs, lifetimeMs, given.limitMinValidity) ?? minValidityMs,
    limitMinValidity: given.limitMinValidity === true,
    signal: given.signal,
    invocation: invocation?.(),
    sequence: ++context.cache.state.sequence,
  };
}

/** `isWithoutRequest`: its key is remembered for the next call. */
async function recordFor<C extends Credential, R, V extends C>(
  provider: ProviderParts<C, R, V>,
  subject: Subject,
  isWithoutRequest: boolean,
  target: string,
  call: CallBase<R>,
): Promise<C> {
  const { context } = provider;
  const { identityKey } = subject;
  if (identityKey !== undefined) {
    const known = await ownKey(provider, target, platformIdentityKey(identityKey));
    if (isWithoutRequest) {
      provider.plainIdentity = identityKey;
      provider.plainKey = known.key;
      provider.plainDropped = provider.own.dropped;
    }
    const record = await getCredential(context, { ...call, ...known, subject });
    if (record !== undefined) return record;
  }
  const { clock, timeoutMs } = context;
  const { signal, invocation } = call;
  const deadline = { provider: context.provider, clock, signal, invocation, limitMs: timeoutMs };
  const mine = await withCallerDeadline(deadline, (own) => readOwnToken(context, subject, own));
  const identity = digestIdentity(mine.digest);
  provider.own.lastDigestKey = identity;
  const known = await ownKey(provider, target, identity);
  return (await getCredential(context, { ...call, ...known, subject: mine.subject })) as C;
}

function invalidate<C extends Credential, R, V extends C>(
  { context, copyOf, own }: ProviderParts<C, R, V>,
  which: V | ((cached: V) => boolean) | undefined,
): void {
  if (which !== undefined && typeof which !== 'function' && (typeof which !== 'object' || which === null))
    throw invalidOption({ option: 'which' }, 'a credential, a function or left out', which);
  const { cache, clock, emit } = context;
  const { state } = cache;
  const { invalidateAfterMs } = policyOf(cache);
  // A credential is known by its content under any key; a function or nothing means this provider's own keys.
  const keys = typeof which === 'object' ? state.entries.keys() : own.keys;
  for (const key of keys) {
    const entry = state.entries.get(key);
    const cached = entry?.cached;
    if (cached === undefined || entry?.invalidated !== false || entry.provider !== context.provider) continue;
    if (since(cached.received, clock) < invalidateAfterMs) continue;
    if (!matchesRecord(which, cached.credential as C, cached.nested, copyOf)) continue;
    entry.invalidated = true;
    entry.refused = cached;
    entry.notBefore = ++state.sequence;
    emit({ type: 'invalidated' });
  }
  processWideCache().state.watchers.forEach((wake) => wake());
}

function status<C extends Credential, R, V extends C>(
  provider: ProviderParts<C, R, V>,
  call: { readonly request?: Partial<R> | undefined } | undefined,
): CredentialStatus {
  const { context, source, own } = provider;
  const { cache, clock } = context;
  const named = memberOf(source.capture(), 'identityKey');
  // Otherwise the token would have to be read: the status is that of the last call with such a token.
  const identityKey = named === undefined ? own.lastDigestKey : platformIdentityKey(named);
  const target = targetText(provider, ownCall(call).request);
  // Without the fingerprint of its store the key would be that of a provider without a store.
  const isUnkeyed = context.store !== undefined && own.storeFingerprint === undefined;
  if (identityKey === undefined || isUnkeyed) return statusOf(undefined, clock);
  const key = knownKey(cache, ownText(own, keyText(keyFields(provider, target), identityKey)));
  return statusOf(key === undefined ? undefined : findEntry(cache.state, key), clock);
}

function targetText<C extends Credential, R, V extends C>(
  provider: ProviderParts<C, R, V>,
  request: Partial<R> | undefined,
): string {
  const { exchanger } = provider.context;
  const target = (): string =>
    canonicalJson(exchanger.cacheKeyFields(mergedRequest(provider.request, request) as R));
  return request === undefined ? (provider.plainTarget ??= target()) : target();
}

const keyFields = <C extends Credential, R, V extends C>(
  { context, expectation }: ProviderParts<C, R, V>,
  target: string,
): KeyFields => ({ provider: context.provider, audience: context.audience, expectation, target });

async function ownKey<C extends Credential, R, V extends C>(
  provider: ProviderParts<C, R, V>,
  target: string,
  identityKey: string,
): Promise<Pick<Call<R>, 'key' | 'keyText'>> {
  const { context, own } = provider;
  if (context.store !== undefined) own.storeFingerprint ??= await context.store.fingerprint();
  const text = keyText(keyFields(provider, target), identityKey);
  const key = await valueKey(context.cache, ownText(own, text));
  if (own.keys.size >= MAX_OWN_KEYS && !own.keys.has(key)) {
    own.keys.delete(own.keys.keys().next().value as string);
    own.dropped += 1;
  }
  own.keys.add(key);
  return { key, keyText: text };
}

/** Providers with a store, with another one and without one never answer for each other. */
const ownText = ({ storeFingerprint = '' }: OwnKeys, text: string): string => storeFingerprint + text;
