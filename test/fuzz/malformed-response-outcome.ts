/** What comes of an answer that was spoilt: a credential that is one, or an error with a code. Nothing else. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import type { Kind } from './mangled-exchanges.js';
import { meet } from './mangled-exchanges.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** By then all is compiled and every table has its size. */
const WARM = 1_000;
const MAY_GROW = 16 * 1024 * 1024;

const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

/** Spoils `count` answers, by the seeds from 1: a smaller count is the beginning of a larger one. */
export async function expectSound(kind: Kind, count: number): Promise<void> {
  const counts: Record<string, number> = {};
  const faults: string[] = [];
  const warmAt = Math.min(WARM, count / 2);
  let warm = 0;
  for (let seed = 1; seed <= count; seed++) {
    if (seed === warmAt) warm = heap();
    const { outcome, fault } = await meet(kind, seed);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (fault !== undefined) faults.push(fault);
  }
  expect(faults.slice(0, 20)).toEqual([]);
  expect(heap() - warm).toBeLessThan(MAY_GROW);
  // Spoilt enough, and not so much that nothing is left to be taken for good.
  expect(counts['credential']).toBeGreaterThan(count / 100);
  expect(counts['invalid_response']).toBeGreaterThan(count / 4);
  expect(Object.values(counts).reduce((sum, one) => sum + one, 0)).toBe(count);
}
