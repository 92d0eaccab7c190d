import type { Io } from './io.js';

/** Resolves after `ms` milliseconds, or immediately when `io.signal` fires. Never rejects. */
export function pause({ clock, signal }: Pick<Io, 'clock' | 'signal'>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    let cancel: (() => void) | undefined;
    const done = (): void => {
      cancel?.();
      signal.removeEventListener('abort', done);
      resolve();
    };
    cancel = clock.setTimeout?.(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
