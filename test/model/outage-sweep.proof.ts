import { describe, expect, it } from 'vitest';
import { seededRandom, simulate } from './simulation.js';

/**
 * Lifetime 3,600 s, a call each second, the source down for a while from each of the 3,600 offsets: how many of
 * the outages fail a call. Ours is the engine itself; the others are models of what their clients do.
 */

const LIFETIME = 3_600;
const OFFSETS = Array.from({ length: LIFETIME }, (_, offset) => offset);
const OUTAGES = [120, 600, 652, 720, 840, 1_200];

/** When, after issue, a call first blocks on the source with no fallback: it fails while the source is down. */
interface Peer {
  readonly name: string;
  /** Seconds of life left at which background refreshes begin, and at which calls wait for one. */
  readonly beside: number;
  readonly blocks: number;
  /** Seconds between two background attempts. */
  readonly every: number;
}

const PEERS: readonly Peer[] = [
  { name: 'AWS SDK client', beside: 300, blocks: 300, every: 1 },
  { name: 'google-auth-library', beside: 300, blocks: 300, every: 1 },
  { name: 'Azure token cycler', beside: 120, blocks: 1, every: 3 },
];

/** Whether a peer's call fails: from a credential issued at 0, over two lifetimes. */
function peerFails({ beside, blocks, every }: Peer, offset: number, outage: number): boolean {
  const down = (second: number): boolean => second >= offset && second < offset + outage;
  let issued = 0;
  let tried = Number.NEGATIVE_INFINITY;
  for (let second = LIFETIME - beside; second <= offset + outage + 1; second++) {
    const left = issued + LIFETIME - second;
    if (left > beside) continue;
    if (left > blocks && second - tried < every) continue;
    tried = second;
    if (!down(second)) issued = second;
    else if (left <= blocks) return true;
  }
  return false;
}

interface Run {
  readonly failed: boolean;
  readonly attempts: number;
  /** Seconds from recovery to the first good call, where calls had failed. */
  readonly recovery: number | undefined;
}

async function ourRun(offset: number, outage: number): Promise<Run> {
  const end = (offset + outage) * 1_000;
  const simulation = simulate({
    lifetimeMs: LIFETIME * 1_000,
    random: seededRandom(offset * 7_919 + outage),
    // The credential is issued at 0: an outage from there begins with the next millisecond.
    down: (now) => now >= Math.max(1, offset * 1_000) && now < end,
  });
  let last = await simulation.call();
  let failed = false;
  let attempts = 0;
  for (let second = 2_690; second * 1_000 <= Math.max(end, 0) + 10_000; second++) {
    if (simulation.now() < second * 1_000) simulation.jump(second * 1_000 - simulation.now());
    const before = simulation.attempts;
    const during = simulation.now() >= offset * 1_000 && simulation.now() < end;
    const token = await simulation.call();
    if (during) attempts += simulation.attempts - before;
    if (token === undefined) failed = true;
    else if (failed && last === undefined)
      return { failed, attempts, recovery: (simulation.now() - end) / 1_000 };
    last = token;
  }
  return { failed, attempts, recovery: undefined };
}

describe('the outage sweep', () => {
  it('fails no call in outages of up to 652 seconds, and recovers within 6', async () => {
    const rows: string[] = [];
    for (const outage of OUTAGES) {
      const runs: Run[] = [];
      for (const offset of OFFSETS) runs.push(await ourRun(offset, outage));
      const share = (count: number): string => `${((100 * count) / OFFSETS.length).toFixed(1)} %`.padStart(8);
      const ours = runs.filter(({ failed }) => failed).length;
      const peers = PEERS.map((peer) =>
        share(OFFSETS.filter((offset) => peerFails(peer, offset, outage)).length),
      );
      const attempts = Math.max(...runs.map((run) => run.attempts));
      const held = Math.max(...runs.filter(({ failed }) => !failed).map((run) => run.attempts));
      const recovery = Math.max(0, ...runs.map((run) => run.recovery ?? 0));
      rows.push(
        `${String(outage).padStart(7)} s ${share(ours)} ${peers.join(' ')} ${String(held).padStart(9)} ${String(attempts).padStart(9)} ${recovery.toFixed(1).padStart(9)} s`,
      );
      if (outage <= 652) expect(ours, `outages of ${outage} s that failed a call`).toBe(0);
      // Beyond what credentials outlive, a source is asked every five seconds, or recovery would go unnoticed.
      if (outage <= 652) expect(attempts, `attempts in an outage of ${outage} s`).toBeLessThanOrEqual(40);
      expect(recovery, `seconds to recover from an outage of ${outage} s`).toBeLessThanOrEqual(6);
    }
    const head = `  outage     ours ${PEERS.map(({ name }) => name.slice(0, 8).padStart(8)).join(' ')}  attempts    in any   recovery`;
    console.log(
      [
        'Share of outages in which a call failed; attempts at most where none failed, and in any; recovery at most.',
        head,
        ...rows,
      ].join('\n'),
    );
  }, 900_000);
});
