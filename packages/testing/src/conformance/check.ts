/** One rule of the driver interface, and what is needed to check it. */

import type { Credential } from '@credex/core';
import type { Ability, ConformanceOptions, ExchangerHarness } from './harness.js';

export interface Check {
  /** Says the rule. */
  readonly name: string;
  /** Left out where the harness can't do one of these. */
  readonly needs?: readonly Ability[];
  run<C extends Credential, R>(harness: ExchangerHarness<C, R>, options: ConformanceOptions): Promise<void>;
}

/** What servers say: no hint may be made of it, and the token in it may not get through. */
export const MARK = 'quoth-the-server';

export function wordsWith(jwt: string): string {
  return `${MARK}: this is what was sent: ${jwt}`;
}
