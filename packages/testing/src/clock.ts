import type { Clock } from '@credex/core';

/** A clock that moves only when it is told to: wall, monotonic and timers together, or one without the other. */
export interface ManualClock extends Clock {
  now(): number;
  monotonic(): number;
  setTimeout(run: () => void, ms: number): () => void;
  /** Both clocks move; timers that fall due run in their order, each at its own time. */
  advance(ms: number): Promise<void>;
  /** The wall clock alone jumps, as when it is set; no timer runs. */
  jumpWall(ms: number): void;
  /** The instance was frozen: the wall clock went on, the monotonic one and the timers did not. */
  freeze(ms: number): void;
  /** How many timers are set. */
  timers(): number;
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * @param start the wall clock's first reading, epoch milliseconds; default 2026-01-01T00:00:00Z
 *
 * @example
 * const clock = manualClock();
 * const provider = awsCredentialsProvider({ roleArn, clock });
 * await clock.advance(3_000_000);
 */
export function manualClock(start = 1_767_225_600_000): ManualClock {
  let wall = start;
  let mono = 0;
  let order = 0;
  const pending = new Set<Timer>();

  const next = (until: number): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of pending) {
      if (timer.due > until) continue;
      if (
        first === undefined ||
        timer.due < first.due ||
        (timer.due === first.due && timer.order < first.order)
      )
        first = timer;
    }
    return first;
  };

  return {
    now: () => wall,
    monotonic: () => mono,
    setTimeout(run, ms) {
      const timer: Timer = { due: mono + Math.max(0, ms), order: order++, run };
      pending.add(timer);
      return () => void pending.delete(timer);
    },
    async advance(ms) {
      const end = mono + ms;
      // What waits on promises comes to its turn before each timer and after the last.
      await settle();
      for (let timer = next(end); timer !== undefined; timer = next(end)) {
        pending.delete(timer);
        wall += timer.due - mono;
        mono = timer.due;
        timer.run();
        await settle();
      }
      wall += end - mono;
      mono = end;
    },
    jumpWall(ms) {
      wall += ms;
    },
    freeze(ms) {
      wall += ms;
    },
    timers: () => pending.size,
  };
}

/** One turn of the event loop: every promise that can settle has settled, WebCrypto's digests too. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
