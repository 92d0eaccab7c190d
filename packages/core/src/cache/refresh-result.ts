/** How a refresh ended: stored in the cache before any caller sees it. */

import type { Credential } from '../contract.js';
import { FederationError } from '../errors.js';
import { momentOf, since } from '../runtime/clock.js';
import type { CacheEntry, Refresh, RefreshDemand, RefreshOutcome } from './cache.js';
import { entryOf, findEntry, keepEntry, policyOf } from './cache.js';
import type { ExchangeInput, ExchangeOutcome, FailedExchange, ProviderContext } from './exchange.js';
import { tokenDigest } from './key.js';
import type { Failure } from './policy.js';
import { isTokenError, lifetimeOf, nextBackoff, SHORTEST_LIFETIME_MS } from './policy.js';
import { frozenRecord, isNested } from './record.js';

/** Names a refresh within its cache key. */
export interface RefreshName {
  /** Canonical text of the request. */
  readonly request: string;
  /** Of the caller's own token, once another token of the same identity failed. */
  readonly digest: string | undefined;
}

/** The name of a refresh as one text, which names its backoff as well. */
export const nameText = ({ request, digest }: RefreshName): string =>
  digest === undefined ? request : `${request}\n${digest}`;

export interface RefreshStart<R> {
  readonly key: string;
  readonly name: RefreshName;
  readonly input: ExchangeInput<R>;
  readonly demand: RefreshDemand;
  /** It answers a claims challenge, so no ordinary refresh that starts meanwhile replaces its result. */
  readonly challenge: boolean;
  /** What the cache key of instances without a store is the digest of. */
  readonly keyText: string;
  /** What is left of the caller's invocation, in milliseconds. */
  readonly leftMs: number;
}

/** A refresh, and what is needed to store its result. */
export interface RefreshRun<C extends Credential, R> extends RefreshStart<R> {
  readonly context: ProviderContext<C, R>;
  readonly refresh: Refresh;
}

/** At most this many backoffs per entry: one for each request and blamed token. */
const MAX_BACKOFFS = 16;

/** Stores how a refresh ended, and tells its callers. */
export async function settleRefresh<C extends Credential, R>(
  run: RefreshRun<C, R>,
  outcome: ExchangeOutcome<C>,
): Promise<RefreshOutcome> {
  const { context, refresh } = run;
  const { emit, clock } = context;
  const { exchangeId } = refresh;
  const durationMs = since(refresh.started, clock);
  if (outcome.kind === 'abandoned' || (durationMs >= refresh.maxAgeMs && isStaleAfterFreeze(outcome))) {
    emit({ type: 'abandoned', exchangeId });
    return { kind: 'abandoned' };
  }
  switch (outcome.kind) {
    case 'issued':
      return storeCredential(run, outcome, durationMs);
    case 'failed':
      return recordFailure(run, outcome, durationMs);
    case 'other-identity':
      emit({ type: 'identity-mismatch', exchangeId });
      return { kind: 'other-identity' };
    case 'adopted':
    case 'deferred':
      return { kind: outcome.kind };
    case 'misuse':
      emit({ type: 'exchange-failed', exchangeId, durationMs, code: 'invalid_request' });
      return { kind: 'failed', error: outcome.error, rejected: true };
  }
}

/**
 * Whether the outcome of an overdue refresh is dropped: a credential, because its age is unknown, and a failed connection,
 * because the freeze caused it. A refusal stands.
 */
function isStaleAfterFreeze(outcome: ExchangeOutcome<Credential>): boolean {
  if (outcome.kind === 'issued') return true;
  return outcome.kind === 'failed' && (outcome.advice === undefined || outcome.advice.retry === 'now');
}

function storeCredential<C extends Credential, R>(
  run: RefreshRun<C, R>,
  { issued, received }: Extract<ExchangeOutcome<C>, { kind: 'issued' }>,
  durationMs: number,
): RefreshOutcome {
  const { context, refresh, key, challenge } = run;
  const { cache, random, emit, provider } = context;
  const lifetimeMs = lifetimeOf(issued, received.wall);
  if (lifetimeMs < SHORTEST_LIFETIME_MS) {
    const error = alreadyExpired(provider, lifetimeMs);
    return fail(run, { kind: 'backoff', error, throttled: false }, run.name, durationMs);
  }
  const policy = policyOf(cache);
  const credential = frozenRecord(issued.credential);
  const hintAge = issued.refreshAt === undefined ? undefined : issued.refreshAt - received.wall;
  const aheadMs = policy.aheadMs(lifetimeMs, cache.refreshAheadMs);
  const schedule = policy.schedule(lifetimeMs, aheadMs, hintAge, random());
  warnOfClamping(context, lifetimeMs);
  const { expiresAt } = credential;
  emit({ type: 'exchange-succeeded', exchangeId: refresh.exchangeId, durationMs, expiresAt });
  // The entry may have been evicted meanwhile, and created again.
  const entry = findEntry(cache.state, key) ?? refresh.entry;
  if (!isOutdated(refresh, entry) && (entry.invalidated || replaces(run, entry))) {
    const { sequence } = refresh;
    const ordinarySequence = challenge ? ++cache.state.sequence : sequence;
    const nested = isNested(credential);
    const issuedAt = issued.serverDate ?? received.wall;
    entry.cached = {
      credential,
      nested,
      received,
      issuedAt,
      schedule,
      sequence,
      ordinarySequence,
    };
    entry.invalidated = false;
    entry.lastError = undefined;
    entry.backoffs.clear();
    keepEntry(cache, key, entry, () => emit({ type: 'evicted' }));
  }
  return { kind: 'issued', credential };
}

/** Of two refreshes the one that started later wins, whichever ends first; see `ordinarySequence` for challenges. */
function replaces<C extends Credential, R>(
  { refresh, challenge }: RefreshRun<C, R>,
  { cached }: CacheEntry,
): boolean {
  if (cached === undefined) return true;
  return refresh.sequence > (challenge ? cached.sequence : cached.ordinarySequence);
}

/** Whether it started before an invalidation: its result was refused already. */
export function isOutdated({ sequence, entry: own }: Refresh, present: CacheEntry | undefined): boolean {
  return sequence < Math.max(own.notBefore, present?.notBefore ?? 0);
}

async function recordFailure<C extends Credential, R>(
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
  if (!isTokenError(error.code)) return fail(run, failure, name, durationMs);
  const digest =
    name.digest ??
    (blamed === undefined ? undefined : await tokenDigest(context.cache, blamed, context.clock.now()));
  // Where the key names the token, the failure is the key's.
  const isAttributable = digest !== undefined || input.subject.identityKey === undefined;
  return fail(run, failure, isAttributable ? { ...name, digest } : undefined, durationMs);
}

/** `delayed`: the refresh whose next attempt is delayed, if any. */
function fail<C extends Credential, R>(
  { context, refresh, key }: RefreshRun<C, R>,
  failure: Failure,
  delayed: RefreshName | undefined,
  durationMs: number,
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
      const policy = policyOf(cache);
      const previous = backoffs.get(text);
      const backoff = nextBackoff(policy, failure, previous, momentOf(clock), untilMustMs, random());
      backoffs.delete(text);
      backoffs.set(text, backoff);
      if (backoffs.size > MAX_BACKOFFS) backoffs.delete(backoffs.keys().next().value as string);
    }
  }
  return { kind: 'failed', error, rejected: kind === 'rejected' };
}

/** The entry of a key, created where there is none. */
export function presentEntry<C extends Credential, R>(
  { cache, emit, provider }: ProviderContext<C, R>,
  key: string,
): CacheEntry {
  return entryOf(cache, key, provider, () => emit({ type: 'evicted' }));
}

/** The lifetime received may be too short for the configured window. */
function warnOfClamping<C extends Credential, R>(
  { cache, warnOnce }: ProviderContext<C, R>,
  lifetimeMs: number,
): void {
  const { refreshAheadMs, profile } = cache;
  if (profile !== 'default' || refreshAheadMs === undefined || refreshAheadMs < lifetimeMs / 2) return;
  const received = Math.round(lifetimeMs);
  warnOnce(
    'refreshAheadMs',
    () =>
      `\`refreshAheadMs\` (${refreshAheadMs}) is clamped to half of the lifetime received (${received} ms).`,
  );
}

function alreadyExpired(provider: string, lifetimeMs: number): FederationError {
  return new FederationError({
    code: 'clock_skew',
    provider,
    message: `According to the local clock, the new credential ${lifetimeMs < 0 ? `expired ${Math.round(-lifetimeMs / 1000)} seconds ago` : `expires in ${Math.round(lifetimeMs / 1000)} seconds`}.`,
    hint: 'Correct the clock of this machine. If it is right, request a longer duration.',
  });
}
