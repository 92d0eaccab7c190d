/** One signal that follows several, without leaving anything on them. */

import { ONCE } from '../own.js';

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
