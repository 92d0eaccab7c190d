/** Random schedules over a hostile store, until it met a million operations with a delay, a drop, a replay, a swap or a lie. */

import { expect, test } from 'vitest';
import { runSchedule } from '../../packages/core/src/cache/store-hostile.fixture.js';

const OPERATIONS = 1_000_000;
/** Of other schedules than `npm test` runs. */
const FIRST_SEED = 1_000_000;

test('a hostile store leads to no credential of another identity, none expired, none refused, and no call without end', async () => {
  const violations: string[] = [];
  let operations = 0;
  let seed = FIRST_SEED;
  for (; operations < OPERATIONS; seed++) {
    const schedule = await runSchedule(seed);
    operations += schedule.operations;
    violations.push(...schedule.violations);
  }
  console.log(`${seed - FIRST_SEED} schedules, ${operations} operations of the store`);
  expect(violations).toEqual([]);
}, 1_800_000);
