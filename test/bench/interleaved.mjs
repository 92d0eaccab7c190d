// Times functions against each other: in one process, in turns, so that a busy moment hits all of them alike.

// Shorter than a scheduler's slice: most rounds are not interrupted, however busy the machine is.
const ROUND_MS = 2;
const LEAST_CALLS = 4;

async function timed(run, calls) {
  // What ran before has left its own in the processor's caches.
  for (let call = 0; call < calls >> 2; call += 1) await run();
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call += 1) await run();
  return Number(process.hrtime.bigint() - start);
}

/** As many calls as fill a round; the JIT has seen the function by then. */
async function callsFor(run) {
  const full = ROUND_MS * 1e6;
  let calls = LEAST_CALLS;
  for (let warm = 0; warm < 50; warm += 1) {
    const ns = await timed(run, calls);
    calls = Math.max(LEAST_CALLS, Math.round((calls * full) / Math.max(ns, full / 16)));
  }
  return calls;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Nanoseconds of one awaited call of each, the median of the rounds.
 *
 * @param {Readonly<Record<string, () => unknown>>} functions
 * @returns {Promise<Record<string, number>>}
 */
export async function nanosecondsOf(functions, rounds) {
  const cases = [];
  for (const [name, run] of Object.entries(functions))
    cases.push({ name, run, calls: await callsFor(run), ns: [] });
  for (let round = 0; round < rounds; round += 1) {
    // No program is always first, or always behind the slowest.
    for (let at = 0; at < cases.length; at += 1) {
      const one = cases[(at + round) % cases.length];
      one.ns.push((await timed(one.run, one.calls)) / one.calls);
    }
  }
  return Object.fromEntries(cases.map(({ name, ns }) => [name, median(ns)]));
}
