/** One caller's wait for what others wait for too: its signal ends its own waiting and nothing else. */

import { ONCE } from '@credex/core/driver';
import { refusal } from './refuse.js';

/** @throws TokenVerificationError `aborted` */
export async function waitFor(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  throwIfAborted(signal);
  let leave = (): void => undefined;
  const left = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(aborted());
    signal.addEventListener('abort', onAbort, ONCE);
    leave = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, left]);
  } finally {
    leave();
  }
}

/** @throws TokenVerificationError `aborted` */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted();
}

/** The signal's reason is the caller's own; it is not copied into a log. */
const aborted = (): Error => refusal('aborted', 'The caller gave up waiting for the verification.');
