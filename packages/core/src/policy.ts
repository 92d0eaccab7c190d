/** What a call gets, and what happens beside it: a pure function of what is held and how old it is. */

import type { CredentialState } from './contract.js';
import type { FederationError } from './errors.js';
import type { Schedule } from './schedule.js';
import type { Trouble } from './trouble.js';

export interface Situation {
  /** The held credential's schedule; `undefined` where none is held. */
  readonly schedule: Schedule | undefined;
  readonly age: number;
  /** A service refused this very credential. */
  readonly invalidated: boolean;
  readonly trouble: Trouble | undefined;
  /** How long ago the trouble began. */
  readonly troubleAge: number;
  /** An exchange for this very request is under way. */
  readonly flying: boolean;
}

export type Decision =
  /** Hand out what is held. */
  | { readonly do: 'serve' }
  /** Hand it out, and start one refresh beside the call. */
  | { readonly do: 'serve-and-refresh' }
  /** Wait for the exchange at most this long, then hand out what is held. */
  | { readonly do: 'wait-briefly'; readonly atMostMs: number }
  /** Wait for the exchange; what is held is the answer if it fails in a way that a retry may mend. */
  | { readonly do: 'wait-or-held' }
  /** Wait for the exchange; there is nothing else. */
  | { readonly do: 'wait' }
  | { readonly do: 'refuse'; readonly error: FederationError };

/** In the last minute a caller waits this long for a better credential. */
const BRIEFLY_MS = 3_000;

export function stateOf({
  schedule,
  age,
  invalidated,
}: Pick<Situation, 'schedule' | 'age' | 'invalidated'>): CredentialState {
  if (schedule === undefined) return 'empty';
  if (invalidated) return 'invalidated';
  if (age < schedule.refreshAge) return 'fresh';
  if (age < schedule.mustAge) return 'refresh-ahead';
  return age < schedule.usableAge ? 'must-refresh' : 'expired';
}

/** Our own rules: never past expiry, never a needless wait. */
export function decide(situation: Situation): Decision {
  const { schedule, age, flying } = situation;
  switch (stateOf(situation)) {
    case 'fresh':
      return { do: 'serve' };
    case 'refresh-ahead':
      return flying || holds(situation, false) ? { do: 'serve' } : { do: 'serve-and-refresh' };
    case 'must-refresh': {
      if (!flying && holds(situation, true)) return { do: 'serve' };
      return { do: 'wait-briefly', atMostMs: Math.min(BRIEFLY_MS, (schedule as Schedule).usableAge - age) };
    }
    default:
      return !flying && holds(situation, true) ? refused(situation) : { do: 'wait' };
  }
}

/** The rules that the AWS SDKs share: a refresh blocks, and what is held outlives its expiry. */
export function decideAsSdk(situation: Situation): Decision {
  const { trouble } = situation;
  const state = stateOf(situation);
  if (state === 'fresh') return { do: 'serve' };
  const held = holds(situation, false);
  // A hopeless error is raised early, while the credential is still good.
  if (held && trouble?.kind === 'rejected') return refused(situation);
  if (state === 'empty') return { do: 'wait' };
  return held ? { do: 'serve' } : { do: 'wait-or-held' };
}

/** Whether the last failure still keeps the next attempt waiting. */
export function holds(
  { trouble, troubleAge }: Pick<Situation, 'trouble' | 'troubleAge'>,
  urgent: boolean,
): boolean {
  return trouble !== undefined && troubleAge < holdOf(trouble, urgent);
}

/** How long a trouble holds the next attempt back. `urgent`: nothing usable is held, or not for long. */
export function holdOf({ holdMs, urgentHoldMs }: Trouble, urgent: boolean): number {
  return urgent ? urgentHoldMs : holdMs;
}

function refused({ trouble }: Situation): Decision {
  return { do: 'refuse', error: (trouble as Trouble).error };
}
