// Longer than 300 lines: one call from the decision of the policy to what the caller gets, read from top to bottom.
/** One call for one cache key: serves the cached credential, or refreshes it and waits, as the policy decides. */

import type { Credential, Json, Subject } from '../contract.js';
import type { FederationErrorFields } from '../errors.js';
import { isFederationError, OptionError } from '../errors.js';
import type { LoadOnce } from '../runtime/load-once.js';
import { loadOnce } from '../runtime/load-once.js';
import { invocationLeft, sharesPromises, withCallerDeadline } from '../runtime/deadline.js';
import { since } from '../runtime/clock.js';
import type { CallerDeadline, Invocation } from '../runtime/deadline.js';
import { subjectTokenOf } from '../token/subject-token.js';
import type { CachedCredential, CacheEntry, Refresh, RefreshOutcome } from './entry.js';
import { findEntry, isUnproven, markUsed } from './entry.js';
import { policyOf } from './cache.js';
import type { DriverCall } from './call.js';
import type { ProviderContext } from './exchange.js';
import { canonicalJson } from './key.js';
import type { Backoff, Decision, RefreshPolicy } from './policy.js';
import { delayOf, RECENT_START_MS } from './policy.js';
import type { RefreshName } from './refresh-result.js';
import { findRefresh, startRefresh } from './refresh.js';
import { loadFailures, nameText, presentEntry } from './refresh-result.js';

/** One call, for one cache key. */
export interface Call<R> {
  readonly key: string;
  /** The text whose SHA-256 is the cache key, before the store's fingerprint is put in front. */
  readonly keyText: string;
  readonly subject: Subject;
  readonly request: R;
  readonly lateRequest: DriverCall<R>['lateRequest'];
  /**
   * `cached`: a cached credential is enough. `new`: only the result of a refresh for this request is (a claims challenge).
   * `newer`: only the result of a refresh that has sent nothing before this call.
   */
  readonly freshness: 'cached' | 'new' | 'newer';
  /** A claims challenge: its result outlasts ordinary refreshes that start meanwhile. */
  readonly challenge: boolean;
  /** `newer` is treated as `cached` while the cached credential is younger than this, in milliseconds. */
  readonly forceRefreshAfterMs: number;
  /** How long the cached credential must still be valid, in milliseconds. */
  readonly minValidityMs: number;
  /** A `minValidityMs` beyond what the lifetime allows is limited to that, without a warning. */
  readonly limitMinValidity: boolean;
  readonly signal: AbortSignal | undefined;
  readonly invocation: Invocation | undefined;
  /** The cache's count when the call came: a refresh with a higher one started later. */
  readonly sequence: number;
}

/** A call before its cache key is known. */
export type CallBase<R> = Omit<Call<R>, 'key' | 'keyText' | 'subject'>;

/** A refresh to wait for, or why there is none. */
type Joined =
  | { readonly refresh: Refresh; readonly isShared: boolean; readonly otherRequest: boolean }
  | { readonly backoff: Backoff };

interface BackgroundRefresh {
  readonly outcome: RefreshOutcome;
  readonly isShared: boolean;
}

/** No background refresh starts with less of the invocation left. */
const LEAST_INVOCATION_MS = 2_000;
/** A caller waits this long for a background refresh where the platform freezes the process and has no `waitUntil`. */
const FREEZE_WAIT_MS = 1_000;
/** A caller starts again after an abandoned refresh, or one that failed for another token, but not forever. */
const MAX_PASSES = 8;
const REFRESH_AND_WAIT: Decision = { do: 'refresh', waitMs: Infinity, fallback: false };

/** The credential; `undefined` where the caller's token belongs to another identity than the one that the key names. */
export function getCredential<C extends Credential, R>(
  context: ProviderContext<C, R>,
  call: Call<R>,
): Promise<C | undefined> {
  return new PendingCall(context, call).run();
}

/** Loaded with the first call for which only the token names the identity. */
export const loadOwnTokens: LoadOnce<typeof import('./own-token.js')> = /* @__PURE__ */ loadOnce(
  () => import('./own-token.js'),
);

/** The caller's own token, for a key that names it. */
export async function readOwnToken<C extends Credential, R>(
  context: ProviderContext<C, R>,
  subject: Subject,
  signal: AbortSignal,
): ReturnType<typeof import('./own-token.js').ownTokenOf> {
  return (await loadOwnTokens()).ownTokenOf(context, subject, signal);
}

/** Whether a cached credential is served as it is: before its refresh window, and valid for long enough. */
export function isFresh<C extends Credential, R>(
  context: ProviderContext<C, R>,
  entry: CacheEntry,
  minValidityMs: number,
): entry is CacheEntry & { readonly cached: CachedCredential } {
  const { cached, invalidated } = entry;
  if (cached === undefined || invalidated) return false;
  const age = since(cached.received, context.clock);
  return age < cached.schedule.refreshAge && !isBelowMinValidity(context, cached, age, minValidityMs);
}

/** Whether a cached credential of this age is valid for less than `minValidityMs`, or the most that a call may ask. */
function isBelowMinValidity<C extends Credential, R>(
  context: ProviderContext<C, R>,
  { schedule: { lifetimeMs } }: CachedCredential,
  age: number,
  minValidityMs: number,
  isSilent = false,
): boolean {
  if (minValidityMs === 0) return false;
  const { cache } = context;
  const most = Math.max(0, lifetimeMs - policyOf(cache).aheadMs(lifetimeMs, cache.refreshAheadMs));
  if (minValidityMs > most && !isSilent)
    context.warnOnce(
      'minValidityMs',
      () =>
        `\`minValidityMs\` (${minValidityMs}) is limited to ${Math.round(most)} ms, the lifetime received less the refresh window.`,
    );
  return lifetimeMs - age < Math.min(minValidityMs, most);
}

/** Looks its cache entry up again after each wait: others may have changed, evicted or created it. */
class PendingCall<C extends Credential, R> {
  readonly #context: ProviderContext<C, R>;
  readonly #call: Call<R>;
  readonly #policy: RefreshPolicy;
  readonly #deadline: CallerDeadline;
  #request: R;
  #lateRequest: Call<R>['lateRequest'];
  /** Canonical text of the request, made when it is first needed: a cached credential needs none. */
  #requestText: string | undefined;
  /** A refresh that this call had joined failed for another token: from now on the caller's own token is used. */
  #ownToken = false;
  /** The call waited for a claims challenge of another caller once. */
  #waitedForChallenge = false;
  #lastError: FederationErrorFields | undefined;

  constructor(context: ProviderContext<C, R>, call: Call<R>) {
    this.#context = context;
    this.#call = call;
    this.#policy = policyOf(context.cache);
    this.#request = call.request;
    this.#lateRequest = call.lateRequest;
    const { clock, provider, timeoutMs } = context;
    const { signal, invocation } = call;
    this.#deadline = { provider, clock, signal, invocation, limitMs: 2 * timeoutMs };
  }

  async run(): Promise<C | undefined> {
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      let decision = this.#decide();
      if (decision.do === 'refresh' && decision.waitMs === Infinity && this.#lateRequest !== undefined) {
        await this.#inTime(() => this.#completeRequest());
        decision = this.#decide();
      }
      if (decision.do === 'serve') return this.#serve();
      if (decision.do === 'fail') throw this.#reportRefusal(decision.error);
      if (decision.waitMs < Infinity) {
        const background = await this.#refreshInBackground(decision.waitMs);
        if (background?.isShared === false && background.outcome.kind === 'other-identity') return undefined;
        if (this.#isUsable()) return this.#serve();
      } else {
        const result = await this.#refreshAndWait(decision.fallback);
        if (result !== 'again') return result;
      }
    }
    if (this.#lastError !== undefined) throw this.#lastError;
    throw (await loadFailures()).abandonedTooOften(this.#context.provider, MAX_PASSES);
  }

  #decide(): Decision {
    if (this.#freshness() !== 'cached') return REFRESH_AND_WAIT;
    const { minValidityMs, limitMinValidity } = this.#call;
    const { clock } = this.#context;
    const entry = this.#entry();
    const { cached, invalidated, lastStarted, deferred } = entry;
    const age = cached === undefined ? 0 : since(cached.received, clock);
    const belowMinValidity =
      cached !== undefined && isBelowMinValidity(this.#context, cached, age, minValidityMs, limitMinValidity);
    // The usual case needs no name, which costs a JSON text.
    if (cached !== undefined && !invalidated && !belowMinValidity && age < cached.schedule.refreshAge)
      return { do: 'serve' };
    const name = this.#name();
    const backoff = entry.backoffs.get(nameText(name));
    return this.#policy.decide({
      schedule: cached?.schedule,
      age,
      invalidated,
      backoff,
      backoffAge: backoff === undefined ? 0 : since(backoff.since, clock),
      refreshing: (this.#challenge() ?? findRefresh(this.#context, this.#call.key, name)) !== undefined,
      startedRecently:
        (!sharesPromises() && lastStarted !== undefined && since(lastStarted, clock) < RECENT_START_MS) ||
        (deferred !== undefined && !belowMinValidity && since(deferred.since, clock) < deferred.delayMs),
      belowMinValidity,
    });
  }

  /** Waits for a refresh. `fallback`: a cached credential may be served if the refresh fails. */
  async #refreshAndWait(fallback: boolean): Promise<C | undefined | 'again'> {
    let joined: Joined | undefined;
    let outcome: RefreshOutcome | undefined;
    try {
      joined = await this.#joinOrStart(true);
      if (joined === undefined) return 'again';
      if ('refresh' in joined) outcome = await this.#waitFor(joined.refresh);
    } catch (error) {
      if (fallback && isFederationError(error) && error.code !== 'aborted' && this.#isUsable())
        return this.#serve();
      throw error;
    }
    if ('backoff' in joined) {
      const { error, kind } = joined.backoff;
      if (this.#mayServe(kind === 'rejected')) return this.#serve();
      throw this.#reportRefusal(error);
    }
    if (outcome?.kind === 'issued') return this.#served(outcome.credential as C, 'exchange');
    if (outcome?.kind === 'adopted' && this.#decide().do === 'serve') return this.#serve('store');
    // The outcome of another caller's challenge says nothing about this call's request.
    if (joined.otherRequest || outcome === undefined) return 'again';
    if (outcome.kind === 'other-identity') {
      if (!joined.isShared || (await this.#isOtherIdentity())) return undefined;
      this.#ownToken = true;
      return 'again';
    }
    if (outcome.kind !== 'failed') return 'again';
    const { error, rejected, ofToken } = outcome;
    if (OptionError.isInstance(error)) throw error;
    this.#lastError = error;
    // A failure for another token, or before anything was sent, says nothing about the caller's own token.
    const mayBeAnothers = ofToken || !joined.refresh.sent;
    if (joined.isShared && !this.#ownToken && this.#call.subject.identityKey !== undefined && mayBeAnothers) {
      this.#ownToken = true;
      return 'again';
    }
    if (this.#mayServe(rejected)) return this.#serve();
    throw error;
  }

  /**
   * Joins or starts a refresh; `undefined`: the cached credential has become good enough meanwhile. A refresh is started
   * before the first wait, unless a token was refused. It loops only after an older refresh than this call accepts has ended.
   */
  async #joinOrStart(urgent: boolean): Promise<Joined | undefined> {
    const { key, subject, sequence } = this.#call;
    let name = this.#name();
    let own = subject;
    for (;;) {
      const challenge = this.#challenge();
      if (challenge !== undefined) {
        this.#waitedForChallenge = urgent;
        challenge.urgent ||= urgent;
        return { refresh: challenge, isShared: true, otherRequest: true };
      }
      if (own.identityKey !== undefined && (this.#ownToken || this.#hasTokenBackoff())) {
        const mine = await this.#inTime((signal) => readOwnToken(this.#context, subject, signal));
        name = { ...this.#name(), digest: mine.digest };
        own = mine.subject;
        // Other calls ran while the digest was computed.
        if (this.#decide().do === 'serve') return undefined;
      }
      const refresh = findRefresh(this.#context, key, name);
      const isNewEnough =
        this.#freshness() !== 'newer' || refresh?.sent === false || (refresh?.sequence ?? 0) > sequence;
      if (refresh !== undefined && isNewEnough) {
        refresh.urgent ||= urgent;
        refresh.skipStore ||= this.#freshness() !== 'cached';
        refresh.minValidityMs = Math.max(refresh.minValidityMs, this.#call.minValidityMs);
        return { refresh, isShared: true, otherRequest: false };
      }
      if (refresh !== undefined) {
        await this.#waitFor(refresh);
        if (this.#decide().do === 'serve') return undefined;
        continue;
      }
      const backoff = this.#activeBackoff(name, urgent);
      if (backoff !== undefined) return { backoff };
      if (this.#isCrowded(own)) throw this.#reportRefusal(await this.#tooManyUnproven());
      return { refresh: this.#start(name, own, urgent), isShared: false, otherRequest: false };
    }
  }

  /** The backoff of a request or token that `#decide` did not check. */
  #activeBackoff(name: RefreshName, urgent: boolean): Backoff | undefined {
    if (name.digest === undefined && this.#freshness() === 'cached') return undefined;
    const backoff = this.#entry().backoffs.get(nameText(name));
    if (backoff === undefined || since(backoff.since, this.#context.clock) >= delayOf(backoff, urgent))
      return undefined;
    return backoff;
  }

  #isCrowded(subject: Subject): boolean {
    return isUnproven(subject, this.#entry()) && !subject.admits();
  }

  async #tooManyUnproven(): Promise<FederationErrorFields> {
    const { provider, random } = this.#context;
    return (await loadFailures()).tooManyUnproven(provider, random());
  }

  #start(name: RefreshName, subject: Subject, urgent: boolean): Refresh {
    const { key, keyText, challenge, minValidityMs } = this.#call;
    const matchesIdentity = this.#call.subject.matchesIdentity?.bind(this.#call.subject);
    const input = { subject, matchesIdentity, request: this.#request };
    const demand = { urgent, minValidityMs, skipStore: this.#freshness() !== 'cached' };
    const leftMs = invocationLeft(this.#deadline);
    return startRefresh(this.#context, { key, keyText, name, input, demand, challenge, leftMs });
  }

  /**
   * A refresh while the cached credential is still valid. The call waits for it briefly or not at all, and is answered
   * even if it fails.
   */
  async #refreshInBackground(waitMs: number): Promise<BackgroundRefresh | undefined> {
    const { clock, warn } = this.#context;
    const { invocation } = this.#call;
    if (invocation?.deadline !== undefined && invocation.deadline - clock.now() < LEAST_INVOCATION_MS)
      return undefined;
    let done: BackgroundRefresh | undefined;
    const work = this.#backgroundRefresh().then(
      (background) => {
        done = background;
      },
      async (error: unknown) => warn((await loadFailures()).notStarted(error)),
    );
    if (invocation?.waitUntil !== undefined) keepAwake(invocation.waitUntil, work);
    const mayFreeze = waitMs === 0 && invocation?.freezes === true && invocation.waitUntil === undefined;
    const briefMs = mayFreeze ? Math.min(FREEZE_WAIT_MS, this.#untilMustMs()) : waitMs;
    if (briefMs > 0) {
      const limitMs = Math.min(briefMs, invocationLeft(this.#deadline));
      await withCallerDeadline({ ...this.#deadline, limitMs }, () => work).catch(rethrowAborted);
    }
    return done;
  }

  /** Starts before its first wait where the request is complete and no token was refused. */
  async #backgroundRefresh(): Promise<BackgroundRefresh | undefined> {
    if (this.#lateRequest !== undefined) {
      await this.#completeRequest();
      if (this.#decide().do !== 'refresh') return undefined;
    }
    const joined = await this.#joinOrStart(false);
    if (joined === undefined || 'backoff' in joined) return undefined;
    if (!joined.isShared) this.#context.emit({ type: 'refresh-ahead' });
    return { outcome: await joined.refresh.outcome, isShared: joined.isShared };
  }

  /** Adds the part of the request that only a refresh needs. */
  async #completeRequest(): Promise<void> {
    if (this.#lateRequest === undefined) return;
    const late = await this.#lateRequest(this.#context.warn);
    this.#request = { ...this.#request, ...late };
    this.#requestText = undefined;
    this.#lateRequest = undefined;
  }

  /** Another caller's claims challenge in flight: an ordinary call waits for it once, and starts no refresh meanwhile. */
  #challenge(): Refresh | undefined {
    if (this.#waitedForChallenge || !sharesPromises() || this.#freshness() !== 'cached') return undefined;
    const { cache, clock } = this.#context;
    const challenge = cache.state.challenges.get(this.#call.key);
    if (challenge === undefined || since(challenge.started, clock) >= challenge.maxAgeMs) return undefined;
    return challenge.sequence >= this.#entry().notBefore ? challenge : undefined;
  }

  #freshness(): Call<R>['freshness'] {
    const { freshness, forceRefreshAfterMs } = this.#call;
    if (freshness !== 'newer' || forceRefreshAfterMs === 0) return freshness;
    const { cached, invalidated } = this.#entry();
    const isYoung =
      cached !== undefined &&
      !invalidated &&
      since(cached.received, this.#context.clock) < forceRefreshAfterMs;
    return isYoung ? 'cached' : freshness;
  }

  #hasTokenBackoff(): boolean {
    const { request } = this.#name();
    for (const text of this.#entry().backoffs.keys()) if (text.startsWith(`${request}\n`)) return true;
    return false;
  }

  #name(): RefreshName {
    this.#requestText ??= canonicalJson(this.#request as Json);
    return { request: this.#requestText, digest: undefined };
  }

  #entry(): CacheEntry {
    return presentEntry(this.#context, this.#call.key);
  }

  #isUsable(): boolean {
    const { cached, invalidated } = this.#entry();
    if (cached === undefined) return false;
    const age = since(cached.received, this.#context.clock);
    return this.#policy.isUsable(cached.schedule, age, invalidated);
  }

  /** Whether the cached credential answers the call although a refresh failed. */
  #mayServe(isRejection: boolean): boolean {
    if (this.#freshness() !== 'cached' || (isRejection && this.#policy.raisesRejections)) return false;
    return this.#isUsable();
  }

  #untilMustMs(): number {
    const { cached } = this.#entry();
    return cached === undefined ? 0 : cached.schedule.mustAge - since(cached.received, this.#context.clock);
  }

  #serve(from: 'cache' | 'store' = 'cache'): C {
    const { cache, clock, isListening, emit } = this.#context;
    const { key, minValidityMs, limitMinValidity } = this.#call;
    const entry = this.#entry();
    const cached = entry.cached as CachedCredential;
    markUsed(cache.state, key, entry);
    if (minValidityMs > 0 && isListening()) {
      const age = since(cached.received, clock);
      const validMs = Math.max(0, cached.schedule.lifetimeMs - age);
      if (isBelowMinValidity(this.#context, cached, age, minValidityMs, limitMinValidity))
        emit({ type: 'min-validity-missed', minValidityMs, validMs });
    }
    return this.#served(cached.credential as C, from);
  }

  #served(credential: C, from: 'cache' | 'exchange' | 'store'): C {
    const { cache, isListening, emit } = this.#context;
    const entry = findEntry(cache.state, this.#call.key);
    if (entry !== undefined) entry.served += 1;
    if (isListening()) emit({ type: 'served', from });
    return credential;
  }

  #reportRefusal(error: FederationErrorFields): FederationErrorFields {
    this.#context.emit({ type: 'refused', code: error.code });
    return error;
  }

  async #isOtherIdentity(): Promise<boolean> {
    const { subject } = this.#call;
    const wanted = { audience: undefined, fresh: false };
    const { claims } = await this.#inTime((signal) =>
      subjectTokenOf(subject, { ...wanted, signal }, this.#context.about),
    );
    return subject.matchesIdentity?.(claims) === false;
  }

  #inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withCallerDeadline(this.#deadline, work);
  }

  /** A caller that leaves has no effect on the refresh. */
  #waitFor(refresh: Refresh): Promise<RefreshOutcome> {
    const { signal, invocation } = this.#call;
    if (signal === undefined && invocation?.deadline === undefined) return refresh.outcome;
    return this.#inTime(() => refresh.outcome);
  }
}

/** The wait may run out of time: the refresh continues. A caller that aborts is told so. */
function rethrowAborted(error: unknown): void {
  if (isFederationError(error) && error.code === 'aborted') throw error;
}

/** The platform's own function may throw outside of a request: the refresh goes on without it. */
function keepAwake(waitUntil: (work: Promise<unknown>) => void, work: Promise<unknown>): void {
  try {
    waitUntil(work);
  } catch {
    // Then the process may freeze, and the next caller abandons the refresh.
  }
}
