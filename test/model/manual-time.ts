/** The manual clock as proofs use it: instants of both clocks, and turns that end when no promise is left to settle. */

import type { Clock } from '@credex/core';
import { manualClock } from '@credex/testing/clock';

export interface Instant {
  readonly wall: number;
  readonly mono: number;
}

export interface ManualTime {
  readonly clock: Clock;
  now(): Instant;
  /** The larger of the two differences, as a caller who trusts neither clock measures. */
  since(instant: Instant): number;
  /** Both clocks move; timers that fall due run in their order, each at its own time. */
  advance(ms: number): Promise<void>;
  /** The wall clock alone moves: it was set, or the instance was frozen. No timer runs. */
  jumpWall(ms: number): void;
  /** Milliseconds until each timer, soonest first. */
  timers(): number[];
}

export function manualTime(): ManualTime {
  const clock = manualClock(undefined, { settle: turn });
  return {
    clock,
    now: () => ({ wall: clock.now(), mono: clock.monotonic() }),
    since: (instant) => Math.max(clock.now() - instant.wall, clock.monotonic() - instant.mono),
    advance: clock.advance,
    jumpWall: clock.jumpWall,
    timers: clock.dueIn,
  };
}

/** Node runs what is next only when no promise is left to settle: exact, and quicker than counting turns. */
export function turn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
