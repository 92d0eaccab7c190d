/** Time as the machine has it: a server on a real socket answers in real time. */

import { setTimeout as after } from 'node:timers/promises';

const POLL_MS = 2;
const ARRIVES_MS = 10_000;

/** The server's time. */
export function timeOf(harness: { now?(): number }): number {
  return harness.now?.() ?? Date.now();
}

/** Milliseconds since it was made. */
export function stopwatch(): () => number {
  const from = Date.now();
  return () => Date.now() - from;
}

/** Resolves as soon as `holds`; false where it never did. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  for (const until = Date.now() + ARRIVES_MS; Date.now() < until;) {
    if (holds()) return true;
    await after(POLL_MS);
  }
  return holds();
}

/** Whether it settles within `ms`. */
export async function settlesWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  return Promise.race([settled, over]).finally(() => clearTimeout(timer));
}
