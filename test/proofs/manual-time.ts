/** Time that moves only when it is told to, and turns of promises that end when none is left. */

import type { Clock } from '@credex/core';

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

const EPOCH = 1_767_225_600_000;

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

export function manualTime(): ManualTime {
  let mono = 0;
  let offset = EPOCH;
  let order = 0;
  const timers = new Set<Timer>();

  const first = (until: number): Timer | undefined => {
    let found: Timer | undefined;
    for (const timer of timers) {
      if (timer.due > until) continue;
      if (
        found === undefined ||
        timer.due < found.due ||
        (timer.due === found.due && timer.order < found.order)
      )
        found = timer;
    }
    return found;
  };

  return {
    clock: {
      now: () => mono + offset,
      monotonic: () => mono,
      setTimeout(run, ms) {
        const timer = { due: mono + Math.max(0, ms), order: order++, run };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
    },
    now: () => ({ wall: mono + offset, mono }),
    since: (instant) => Math.max(mono + offset - instant.wall, mono - instant.mono),
    async advance(ms) {
      const end = mono + ms;
      for (let timer = first(end); timer !== undefined; timer = first(end)) {
        timers.delete(timer);
        mono = Math.max(mono, timer.due);
        timer.run();
        await turn();
      }
      mono = end;
    },
    jumpWall(ms) {
      offset += ms;
    },
    timers: () => [...timers].map(({ due }) => due - mono).sort((a, b) => a - b),
  };
}

/** Node runs what is next only when no promise is left to settle: exact, and quicker than counting turns. */
export function turn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
