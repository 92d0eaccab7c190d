/** Whether this machine's clock and a server's agree: clouds refuse what is signed or issued at another time. */

import type { Io } from '../io.js';
import { duration } from '../whoami/durations.js';
import { Fault } from './fault.js';
import type { Reached } from './reach.js';

/** What AWS's signatures and Entra's assertions bear. */
const TOO_MUCH_MS = 300_000;
const NOTEWORTHY_MS = 30_000;

/**
 * A warning where they differ by half a minute.
 * @throws Fault `clock_skew` where they differ by five
 */
export function comparedClocks(
  { clock }: Pick<Io, 'clock'>,
  host: string,
  { headers }: Reached,
): readonly string[] {
  const date = Date.parse(headers['date'] ?? '');
  // What a cache kept says when it was made.
  if (Number.isNaN(date) || headers['age'] !== undefined) return [];
  const ahead = clock.now() - date;
  const says = `This machine's clock is ${duration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} that of ${host}.`;
  if (Math.abs(ahead) > TOO_MUCH_MS)
    throw new Fault('clock_skew', says, {
      host,
      hint: 'Tokens and signatures are judged by the clock: set it.',
    });
  return Math.abs(ahead) > NOTEWORTHY_MS ? [says] : [];
}
