import type { Clock } from '@credex/core';
import TinyQueue from 'tinyqueue';

/** A clock that moves only when a test moves it: wall clock, monotonic clock and timers together, or the wall clock alone. */
export interface ManualClock extends Clock {
  now(): number;
  monotonic(): number;
  setTimeout(run: () => void, ms: number): () => void;
  /** Moves both clocks by `ms`. Timers that fall due run in their order, each at its own time. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as when it is set. No timer runs. */
  jumpWall(ms: number): void;
  /** As after a freeze of the instance: the wall clock went on, the monotonic one and the timers did not. */
  freeze(ms: number): void;
  /** How many timers are set. */
  timers(): number;
  /** Milliseconds until each timer, soonest first. */
  dueIn(): number[];
}

export interface ManualClockOptions {
  /**
   * Resolves when everything has run that waits for no timer: called before the first timer of an `advance`, and after the
   * timers of each moment. Default: one turn of the event loop.
   */
  readonly settle?: () => Promise<void>;
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
export function manualClock(
  start = 1_767_225_600_000,
  { settle = eventLoopTurn }: ManualClockOptions = {},
): ManualClock {
  let offset = start;
  let mono = 0;
  let order = 0;
  const pending = new Set<Timer>();
  // A heap: quick with thousands of timers.
  const queue = new TinyQueue<Timer>([], (one, other) => one.due - other.due || one.order - other.order);

  const next = (until: number): Timer | undefined => {
    for (;;) {
      const timer = queue.peek();
      if (timer === undefined || timer.due > until) return undefined;
      queue.pop();
      // A cancelled timer stays in the queue until its time comes.
      if (pending.delete(timer)) return timer;
    }
  };
  const jumpWall = (ms: number): void => {
    offset += ms;
  };

  return {
    now: () => mono + offset,
    monotonic: () => mono,
    setTimeout(run, ms) {
      const timer: Timer = { due: mono + Math.max(0, ms), order: order++, run };
      pending.add(timer);
      queue.push(timer);
      return () => void pending.delete(timer);
    },
    async advance(ms) {
      const end = mono + ms;
      await settle();
      for (let timer = next(end); timer !== undefined; timer = next(end)) {
        mono = Math.max(mono, timer.due);
        timer.run();
        const following = queue.peek();
        // As in Node, promises settle between two timers of one moment, but no I/O does.
        await (following !== undefined && following.due <= mono ? microtasks() : settle());
      }
      mono = end;
    },
    jumpWall,
    freeze: jumpWall,
    timers: () => pending.size,
    dueIn: () => Array.from(pending, ({ due }) => due - mono).sort((a, b) => a - b),
  };
}

/** Every promise that can settle has settled, WebCrypto's digests too. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Every promise has settled that waits for nothing outside of the process. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
