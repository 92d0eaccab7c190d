/** A timer that is set while nothing is in flight, such as that of `watchCredentials`. */

import type { Clock } from '../contract.js';
import { startTimer } from './clock.js';

/** As `startTimer`, but a timer of the system does not keep the process alive. */
export function startIdleTimer(clock: Clock | undefined, ms: number, run: () => void): () => void {
  if (clock !== undefined) return startTimer(clock, ms, run);
  const timer: unknown = globalThis.setTimeout(run, ms);
  // A number in a browser.
  (timer as { unref?(): void }).unref?.();
  return () => globalThis.clearTimeout(timer as number);
}
