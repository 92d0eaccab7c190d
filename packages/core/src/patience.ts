/** How long one caller waits: until its signal fires or its invocation must answer. The flight goes on. */

import { ONCE } from './own.js';
import { startTimer } from './clock.js';
import type { Clock } from './contract.js';
import { FederationError } from './errors.js';
import type { Invocation } from './invocation.js';

export interface Patience {
  readonly provider: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly invocation: Invocation | undefined;
  /** A last bound, in milliseconds, for what has no limit of its own. */
  readonly limitMs: number;
}

/** What a caller keeps of its invocation to answer in. */
const ANSWER_MS = 500;

/** What the invocation has left, less the time to answer. */
export function invocationLeft({ invocation, clock }: Pick<Patience, 'invocation' | 'clock'>): number {
  const deadline = invocation?.deadline;
  return deadline === undefined ? Number.POSITIVE_INFINITY : Math.max(0, deadline - ANSWER_MS - clock.now());
}

/**
 * Waits for `work`, in this caller's own time.
 * @throws FederationError `aborted` or `timeout`, or what `work` threw
 */
export async function patiently<T>(
  patience: Patience,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, clock, provider } = patience;
  if (signal?.aborted === true) throw abortedError(provider);
  const own = new AbortController();
  const onAbort = (): void => own.abort(abortedError(provider));
  signal?.addEventListener('abort', onAbort, ONCE);
  const left = invocationLeft(patience);
  const stop = startTimer(clock, Math.min(left, patience.limitMs), () =>
    own.abort(left < patience.limitMs ? lateError(provider) : slowError(provider, patience.limitMs)),
  );
  try {
    return await new Promise<T>((fulfil, reject) => {
      own.signal.addEventListener('abort', () => reject(own.signal.reason as Error), ONCE);
      work(own.signal).then(fulfil, reject);
    });
  } finally {
    stop();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Waits until `work` settles, at most `ms`; how it settled is read elsewhere. Never rejects. */
export async function settledWithin(patience: Patience, work: Promise<unknown>, ms: number): Promise<void> {
  const limitMs = Math.min(ms, patience.limitMs);
  await patiently({ ...patience, limitMs }, () => work).catch(() => undefined);
}

export function abortedError(provider: string): FederationError {
  return new FederationError({
    code: 'aborted',
    provider,
    message: 'The caller gave up waiting.',
    retryable: true,
  });
}

function lateError(provider: string): FederationError {
  return new FederationError({
    code: 'timeout',
    provider,
    message: 'The credential did not come before the invocation had to answer.',
    hint: 'The exchange goes on for the next caller; raise the duration of the function if this recurs.',
  });
}

function slowError(provider: string, limitMs: number): FederationError {
  return new FederationError({
    code: 'timeout',
    provider,
    message: `The credential did not come within ${limitMs} ms.`,
  });
}
