/** One refresh: finds the one in flight, or starts the exchange of a cache key. */

import type { Credential } from '../contract.js';
import { momentOf, since } from '../runtime/clock.js';
import { sharesPromises, withDeadline } from '../runtime/deadline.js';
import type { FederationErrorFields } from '../errors.js';
import type { Refresh, RefreshOutcome } from './entry.js';
import { CROWDED, findEntry, isUnproven } from './entry.js';
import { processWideCache } from './cache.js';
import type { ExchangeOutcome, ProviderContext } from './exchange.js';
import { exchange } from './exchange.js';
import type { RefreshName, RefreshRun, RefreshStart } from './refresh-result.js';
import { isOutdated, loadFailures, nameText, presentEntry, settleRefresh } from './refresh-result.js';
import type { Exchange } from './store-stage.js';

/** An older refresh is abandoned: its process was probably frozen, and resumed with dead sockets and late timers. */
const LEAST_MAX_AGE_MS = 10_000;

/** The refresh to join, if there is one. An overdue or outdated one is abandoned. */
export function findRefresh<C extends Credential, R>(
  { cache, clock }: ProviderContext<C, R>,
  key: string,
  name: RefreshName,
): Refresh | undefined {
  const { refreshes } = cache.state;
  const text = refreshText(key, name);
  const refresh = refreshes.get(text);
  if (refresh === undefined || !sharesPromises()) return undefined;
  const isOverdue = since(refresh.started, clock) >= refresh.maxAgeMs;
  if (!isOverdue && !isOutdated(refresh, findEntry(cache.state, key))) return refresh;
  refreshes.delete(text);
  refresh.abandon();
  return undefined;
}

/** Starts a refresh: its exchange runs up to its first wait before this returns. */
export function startRefresh<C extends Credential, R>(
  context: ProviderContext<C, R>,
  start: RefreshStart<R>,
): Refresh {
  const { clock, cache, timeoutMs } = context;
  const { state } = cache;
  const { key, input, challenge } = start;
  const controller = new AbortController();
  const entry = presentEntry(context, key);
  const refresh: { -readonly [K in keyof Refresh]: Refresh[K] } = {
    started: momentOf(clock),
    sequence: ++state.sequence,
    exchangeId: ++processWideCache().state.exchangeId,
    entry,
    maxAgeMs: Math.max(LEAST_MAX_AGE_MS, timeoutMs + 2_000),
    sent: false,
    ...start.demand,
    host: undefined,
    abandon: (forOthers = false) => {
      const name = forOthers ? CROWDED : 'AbortError';
      controller.abort(new DOMException('The exchange was abandoned.', name));
    },
    outcome: undefined as unknown as Promise<RefreshOutcome>,
  };
  const run: RefreshRun<C, R> = { ...start, context, refresh };
  entry.lastStarted = refresh.started;
  const timeout = (): unknown => new DOMException('The exchange took too long.', 'TimeoutError');
  const exchanges: Exchange<C> = (signal, token) => {
    entry.exchanges += 1;
    context.emit({ type: 'exchange-started', exchangeId: refresh.exchangeId });
    return exchange(context, { ...input, token }, refresh, signal);
  };
  // `undefined` where it could not be loaded.
  const stage =
    context.store &&
    import('./store-stage.js').then(
      ({ StoreStage }) => new StoreStage(run),
      (): undefined => {
        context.emit({ type: 'store', outcome: 'failed' });
      },
    );
  refresh.outcome = withDeadline(
    { clock, ms: timeoutMs, signal: controller.signal, timeout },
    stage === undefined
      ? exchanges
      : async (signal) => (await stage)?.refresh(signal, exchanges) ?? exchanges(signal),
  )
    .catch(async (reason: unknown): Promise<ExchangeOutcome<C>> => {
      const { aborted, reason: why } = controller.signal;
      if (aborted && (why as DOMException).name !== CROWDED) return { kind: 'abandoned' };
      return (await loadFailures()).interrupted(run, reason);
    })
    .then(async (outcome) => {
      const settled = await settleRefresh(run, outcome);
      // Callers wait for the record: a frozen instance would write it late, or never.
      return (await stage)?.settled(settled) ?? settled;
    })
    // What stores a failure could not be loaded: callers are told, and nothing else hears of the rejection.
    .catch((error: FederationErrorFields): RefreshOutcome => {
      return { kind: 'failed', error, rejected: true, ofToken: false };
    })
    // Removed only after the result is stored: a caller in between would start a second refresh.
    .finally(() => forget(run));
  if (sharesPromises()) {
    state.refreshes.set(refreshText(key, start.name), refresh);
    if (challenge) state.challenges.set(key, refresh);
  }
  if (isUnproven(input.subject, entry)) input.subject.count(refresh);
  return refresh;
}

function forget<C extends Credential, R>({ context, key, name, refresh }: RefreshRun<C, R>): void {
  const { refreshes, challenges } = context.cache.state;
  const text = refreshText(key, name);
  if (refreshes.get(text) === refresh) refreshes.delete(text);
  if (challenges.get(key) === refresh) challenges.delete(key);
}

const refreshText = (key: string, name: RefreshName): string => `${key}\n${nameText(name)}`;
