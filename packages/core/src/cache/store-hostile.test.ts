import { expect, it } from 'vitest';
import { runSchedule } from './store-hostile.fixture.js';

const SCHEDULES = 60;

it('a hostile store leads to no credential of another identity, none expired, none refused, and no call without end', async () => {
  const violations: string[] = [];
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const schedule = await runSchedule(seed);
    violations.push(...schedule.violations);
    for (const outcome of schedule.outcomes) outcomes.add(outcome);
  }
  expect(violations).toEqual([]);
  // The schedules reach all that a store can lead to.
  expect([...outcomes].sort()).toEqual([
    'deferred',
    'deleted',
    'failed',
    'hit',
    'miss',
    'skipped',
    'unreadable',
    'written',
  ]);
});
