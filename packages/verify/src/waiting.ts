/** Waits for shared work. The signal of one caller ends the wait of this caller only. */

import { ONCE } from '@credex/core/internal';
import { refusal } from './errors.js';

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

/** The reason of the signal belongs to the caller and is not copied into the error. */
const aborted = (): Error => refusal('aborted', 'The caller aborted the verification.');
