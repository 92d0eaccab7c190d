/** Compares this machine's clock with a server's. Clouds refuse signatures and tokens of another time. */

import type { Io } from '../io.js';
import { duration } from '../whoami/durations.js';
import { Fault } from './fault.js';
import type { Reached } from './reach.js';

/** The tolerance of AWS's signatures and Entra's assertions. */
const TOO_MUCH_MS = 300_000;
const NOTEWORTHY_MS = 30_000;

/**
 * @returns a warning if the clocks differ by more than half a minute
 * @throws Fault `clock_skew` if they differ by more than five minutes
 */
export function comparedClocks(
  { clock }: Pick<Io, 'clock'>,
  host: string,
  { headers }: Reached,
): readonly string[] {
  const date = Date.parse(headers['date'] ?? '');
  // A cached response has the date of its creation.
  if (Number.isNaN(date) || headers['age'] !== undefined) return [];
  const ahead = clock.now() - date;
  const says = `This machine's clock is ${duration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} the clock of ${host}.`;
  if (Math.abs(ahead) > TOO_MUCH_MS)
    throw new Fault('clock_skew', says, {
      host,
      hint: "Correct this machine's clock: tokens and signatures are valid at certain times only.",
    });
  return Math.abs(ahead) > NOTEWORTHY_MS ? [says] : [];
}
