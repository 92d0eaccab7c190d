/** Waiting with time limits and signals: the one place where a promise is raced against a signal and a timer. */

import type { Clock } from '../contract.js';
import { ONCE } from '../own.js';
import { startTimer } from './clock.js';
import { loadOnce } from './load-once.js';

/** Loaded with the first call that is aborted or runs out of time. */
const loadErrors = /* @__PURE__ */ loadOnce(() => import('../federation-error.js'));

/** What the platform says about the invocation that is being served. */
export interface Invocation {
  /** When the platform ends the invocation, epoch milliseconds. */
  readonly deadline?: number | undefined;
  /** Keeps the instance awake until the promise settles. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** Whether the platform freezes the instance between requests. */
  readonly freezes?: boolean | undefined;
}

interface Isolate {
  readonly EdgeRuntime?: unknown;
  readonly navigator?: { readonly userAgent?: string };
}

/**
 * Whether a promise that one request creates settles for another request. Not in an edge isolate: work there belongs to
 * the request that started it, and its sockets close with that request.
 */
export function sharesPromises(): boolean {
  const { EdgeRuntime, navigator } = globalThis as Isolate;
  return typeof EdgeRuntime !== 'string' && navigator?.userAgent !== 'Cloudflare-Workers';
}

export interface Deadline {
  readonly clock: Clock;
  readonly ms: number;
  readonly signal?: AbortSignal | undefined;
  /** What the work's signal and the returned promise end with when the time is over. */
  timeout(): unknown;
  /** What they end with when `signal` fires. Default: the reason of `signal`. */
  aborted?: (() => unknown) | undefined;
}

/** Runs `work` with a signal, and rejects when that signal fires, even if `work` ignores it. */
export async function withDeadline<T>(
  { clock, ms, signal, timeout, aborted }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abortReason = aborted ?? (() => signal?.reason as unknown);
  if (signal?.aborted === true) throw abortReason();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(abortReason());
  signal?.addEventListener('abort', onAbort, ONCE);
  const stopTimer = startTimer(clock, ms, () => controller.abort(timeout()));
  try {
    return await new Promise<T>((resolve, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), ONCE);
      work(controller.signal).then(resolve, reject);
    });
  } finally {
    stopTimer();
    signal?.removeEventListener('abort', onAbort);
  }
}

const ELAPSED = Symbol('elapsed');

/** Resolves after `ms`; rejects with the signal's reason if that fires first. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await withDeadline(
      { clock, ms, signal, timeout: () => ELAPSED },
      () => new Promise<never>(() => undefined),
    );
  } catch (reason) {
    if (reason !== ELAPSED) throw reason;
  }
}

/** How long one caller waits: until its signal fires or its invocation must answer. */
export interface CallerDeadline {
  readonly provider: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly invocation: Invocation | undefined;
  /** An upper bound in milliseconds. */
  readonly limitMs: number;
}

/** A caller keeps this much of its invocation to answer in. */
const TIME_TO_ANSWER_MS = 500;

/** What the invocation has left, less the time to answer. */
export function invocationLeft({ invocation, clock }: Pick<CallerDeadline, 'invocation' | 'clock'>): number {
  const deadline = invocation?.deadline;
  return deadline === undefined ? Infinity : Math.max(0, deadline - TIME_TO_ANSWER_MS - clock.now());
}

/**
 * Waits for `work` until the caller's deadline. A shared refresh goes on after it.
 * @throws FederationError `aborted` or `timeout`, or what `work` threw
 */
export async function withCallerDeadline<T>(
  deadline: CallerDeadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { provider, clock, signal, limitMs } = deadline;
  const left = invocationLeft(deadline);
  const ms = Math.min(left, limitMs);
  let ended: DOMException | undefined;
  const end = (name: string): DOMException => (ended = new DOMException('The caller no longer waits.', name));
  const timeout = (): unknown => end('TimeoutError');
  const aborted = (): unknown => end('AbortError');
  try {
    return await withDeadline({ clock, signal, ms, timeout, aborted }, work);
  } catch (error) {
    if (ended === undefined || error !== ended) throw error;
    if (ended.name === 'AbortError') throw await abortedError(provider);
    const { callerTimeout } = await loadErrors();
    throw callerTimeout(provider, left < limitMs ? undefined : limitMs);
  }
}

export async function abortedError(provider: string): Promise<Error> {
  return (await loadErrors()).abortedError(provider);
}

/** An AbortSignal, or what a library has in its place (`AbortSignalLike` of `@azure/abort-controller`). */
export interface SignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Leaves the signals that it follows: a caller's may live as long as the process. */
  release(): void;
}

/**
 * A signal that fires as soon as one of `followed` does, with the same reason. `AbortSignal.any` registers a dependent
 * signal on each of its sources for as long as the source lives; this one is gone with `release`.
 */
export function linkedSignal(followed: readonly SignalLike[]): LinkedSignal {
  const controller = new AbortController();
  const links = followed.map((one) => ({ one, abort: () => controller.abort(one.reason) }));
  for (const { one, abort } of links) {
    if (one.aborted) abort();
    one.addEventListener('abort', abort, ONCE);
  }
  return {
    signal: controller.signal,
    release() {
      for (const { one, abort } of links) one.removeEventListener('abort', abort);
    },
  };
}
