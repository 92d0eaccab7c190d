/** The one place of this room that meets the system's clocks, timers and `fetch`. */

import type { Clock, Fetch } from '@credex/core';

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(run: () => void, ms: number): () => void {
    const timer = globalThis.setTimeout(run, ms);
    return () => globalThis.clearTimeout(timer);
  },
});

/** Looked up at each call, so that an instrumentation that is installed later is used. */
export const systemFetch: Fetch = (input, init) => globalThis.fetch(input, init);

/** A moment, by both clocks. */
export interface Moment {
  readonly wall: number;
  readonly mono: number;
}

export function momentOf(clock: Clock): Moment {
  return { wall: clock.now(), mono: clock.monotonic() };
}

/**
 * Milliseconds since a moment: the larger of the two differences, since the wall clock jumps and the monotonic
 * one stops while an instance is frozen.
 */
export function since(moment: Moment, clock: Clock): number {
  return Math.max(clock.now() - moment.wall, clock.monotonic() - moment.mono);
}

/** Starts a timer of the clock, or of the system where the clock has none; returns what stops it. */
export function startTimer(clock: Clock, ms: number, run: () => void): () => void {
  return clock.setTimeout?.(run, ms) ?? (systemClock.setTimeout as NonNullable<Clock['setTimeout']>)(run, ms);
}
