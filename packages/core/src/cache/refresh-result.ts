/** How a refresh ended: stored in the cache before any caller sees it. */

import type { Credential } from '../contract.js';
import { since } from '../runtime/clock.js';
import type { LoadOnce } from '../runtime/load-once.js';
import { loadOnce } from '../runtime/load-once.js';
import type { CacheEntry, Refresh, RefreshDemand, RefreshOutcome } from './entry.js';
import { entryOf, findEntry, keepEntry } from './entry.js';
import { policyOf } from './cache.js';
import type { ExchangeInput, ExchangeOutcome, ProviderContext } from './exchange.js';
import { lifetimeOf, SHORTEST_LIFETIME_MS } from './policy.js';
import { frozenRecord, isNested } from './call.js';

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

/** Loaded with the first failure. */
export const loadFailures: LoadOnce<typeof import('./failed-refresh.js')> = /* @__PURE__ */ loadOnce(
  () => import('./failed-refresh.js'),
);

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
      return (await loadFailures()).recordFailure(run, outcome, durationMs);
    case 'other-identity':
      emit({ type: 'identity-mismatch', exchangeId });
      return { kind: 'other-identity' };
    case 'adopted':
    case 'deferred':
      return { kind: outcome.kind };
    case 'misuse':
      emit({ type: 'exchange-failed', exchangeId, durationMs, code: 'invalid_request' });
      return { kind: 'failed', error: outcome.error, rejected: true, ofToken: false };
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

async function storeCredential<C extends Credential, R>(
  run: RefreshRun<C, R>,
  { issued, received }: Extract<ExchangeOutcome<C>, { kind: 'issued' }>,
  durationMs: number,
): Promise<RefreshOutcome> {
  const { context, refresh, key, challenge } = run;
  const { cache, random, emit } = context;
  const lifetimeMs = lifetimeOf(issued, received.wall);
  if (lifetimeMs < SHORTEST_LIFETIME_MS)
    return (await loadFailures()).recordShortLifetime(run, lifetimeMs, durationMs);
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
