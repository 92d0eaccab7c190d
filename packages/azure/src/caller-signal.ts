/** Converts the abort signal and timeout of an Azure SDK call into one platform AbortSignal. */

import type { SignalLike } from '@credex/core/internal';
import { linkedSignal, startTimer, systemClock } from '@credex/core/internal';

/** `AbortSignalLike` of `@azure/abort-controller`; an AbortSignal is one. */
export interface AzureAbortSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface CallerSignal {
  readonly signal: AbortSignal | undefined;
  /** Removes the listener from the caller's signal, which may live as long as the process, and stops the timer. */
  release(): void;
}

const NOTHING = (): void => undefined;

export function callerSignal(
  given: AzureAbortSignal | undefined,
  timeoutMs: number | undefined,
): CallerSignal {
  const hasLimit = typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= 2_147_483_647;
  if (!hasLimit && (given === undefined || given instanceof AbortSignal))
    return { signal: given, release: NOTHING };
  const limit = new AbortController();
  const followed: SignalLike[] = given === undefined ? [limit.signal] : [given, limit.signal];
  const { signal, release } = linkedSignal(followed);
  const over = (): void => limit.abort(new DOMException('The call timed out.', 'TimeoutError'));
  const stop = hasLimit ? startTimer(systemClock, timeoutMs, over) : NOTHING;
  return {
    signal,
    release() {
      stop();
      release();
    },
  };
}
