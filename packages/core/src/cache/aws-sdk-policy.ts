/** The refresh rules that the AWS SDKs share: a refresh blocks, and an expired credential is served if it fails. */

import type { RefreshPolicy } from './policy.js';
import { isBackedOff, refreshBriefly, SERVE, stateOf } from './policy.js';

const MINUTE = 60_000;

function windowOf(lifetimeMs: number): number {
  if (lifetimeMs <= 20 * MINUTE) return 5 * MINUTE;
  return lifetimeMs < 90 * MINUTE ? 15 * MINUTE : 60 * MINUTE;
}

export const awsSdkPolicy: RefreshPolicy = {
  raisesRejections: true,
  invalidateAfterMs: 0,
  isUsable: () => true,
  aheadMs: (lifetimeMs, configuredMs) => configuredMs ?? windowOf(lifetimeMs),

  schedule(lifetimeMs, aheadMs) {
    const mustAge = Math.max(0, lifetimeMs - MINUTE);
    const refreshAge = Math.min(Math.max(lifetimeMs - aheadMs, 0), mustAge);
    return { lifetimeMs, refreshAge, mustAge, usableAge: lifetimeMs };
  },

  decide(state) {
    const { backoff } = state;
    const name = stateOf(state);
    if (name === 'fresh') {
      if (!state.belowMinValidity || state.startedRecently) return SERVE;
      return refreshBriefly(state);
    }
    const isDelayed = isBackedOff(state, false);
    if (isDelayed && backoff?.kind === 'rejected') return { do: 'fail', error: backoff.error };
    if (isDelayed && name !== 'empty') return SERVE;
    return { do: 'refresh', waitMs: Infinity, fallback: name !== 'empty' };
  },
};
