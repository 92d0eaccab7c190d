/** The one place where core meets the system's clocks and timers. */

import { monotonic } from '#runtime';
import type { Clock } from '../contract.js';
import { memberOf } from '../own.js';

/** A moment, by both clocks. */
export interface Moment {
  readonly wall: number;
  readonly mono: number;
}

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic,
  setTimeout(run: () => void, ms: number): () => void {
    const timer = globalThis.setTimeout(run, ms);
    return () => globalThis.clearTimeout(timer);
  },
});

export function momentOf(clock: Clock): Moment {
  return { wall: clock.now(), mono: clock.monotonic() };
}

/**
 * Milliseconds since a moment: the larger of the two differences, since the wall clock jumps and the monotonic
 * one stops while an instance is frozen.
 */
export function since(moment: Moment, clock: Clock): number {
  const wall = clock.now() - moment.wall;
  const mono = clock.monotonic() - moment.mono;
  return wall > mono ? wall : mono;
}

/** Starts a timer of the clock, or of the system where the clock has none; returns what stops it. */
export function startTimer(clock: Clock, ms: number, run: () => void): () => void {
  const timer = memberOf(clock, 'setTimeout') ?? (systemClock.setTimeout as NonNullable<Clock['setTimeout']>);
  return timer.call(clock, run, ms);
}

/** As `startTimer`, but a timer of the system does not keep the process alive. */
export function startIdleTimer(clock: Clock | undefined, ms: number, run: () => void): () => void {
  if (clock !== undefined) return startTimer(clock, ms, run);
  const timer: unknown = globalThis.setTimeout(run, ms);
  // A number in a browser.
  (timer as { unref?(): void }).unref?.();
  return () => globalThis.clearTimeout(timer as number);
}
