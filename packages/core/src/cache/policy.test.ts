import { describe, expect, it } from 'vitest';
import { FederationError } from '../federation-error.js';
import type { Backoff, Decision, EntryState } from './policy.js';
import { awsSdkPolicy, defaultPolicy, delayOf, isBackedOff, stateOf } from './policy.js';

const SCHEDULE = { lifetimeMs: 3_600_000, refreshAge: 2_700_000, mustAge: 3_540_000, usableAge: 3_595_000 };
const error = new FederationError({ code: 'unavailable', provider: 'test', message: 'x' });
const failed = (kind: Backoff['kind'], delayMs: number, urgentDelayMs = delayMs): Backoff => ({
  kind,
  error,
  since: { wall: 0, mono: 0 },
  delayMs,
  urgentDelayMs,
  count: 1,
});
const stateWith = (rest: Partial<EntryState>): EntryState => ({
  schedule: SCHEDULE,
  age: 0,
  invalidated: false,
  backoff: undefined,
  backoffAge: 0,
  refreshing: false,
  startedRecently: false,
  belowMinValidity: false,
  ...rest,
});

const SERVE: Decision = { do: 'serve' };
const refresh = (waitMs: number, fallback: boolean): Decision => ({ do: 'refresh', waitMs, fallback });
const AHEAD = refresh(0, true);
const BRIEFLY = refresh(3_000, true);
const WAIT = refresh(Infinity, false);
const OR_CACHED = refresh(Infinity, true);
const FAIL: Decision = { do: 'fail', error };
/** A backoff of 40 s that is cut to 5 s where it is urgent, 10 s old. */
const backoff = { backoff: failed('backoff', 40_000, 5_000), backoffAge: 10_000 };
const young = { ...backoff, backoffAge: 4_999 };
const rejected = { backoff: failed('rejected', 4_000), backoffAge: 3_999 };
const over = { ...rejected, backoffAge: 4_000 };
const none = { schedule: undefined };
const BELOW = { age: 1_000_000, belowMinValidity: true };

const TABLE: readonly (readonly [string, Partial<EntryState>, Decision, Decision])[] = [
  ['nothing', none, WAIT, WAIT],
  ['nothing, refreshing', { ...none, refreshing: true }, WAIT, WAIT],
  ['nothing, a young backoff', { ...none, ...young }, FAIL, WAIT],
  ['nothing, a backoff of over five seconds', { ...none, ...backoff }, WAIT, WAIT],
  ['nothing, a young backoff, refreshing', { ...none, ...young, refreshing: true }, WAIT, WAIT],
  ['nothing, refused', { ...none, ...rejected }, FAIL, FAIL],
  ['nothing, refused before', { ...none, ...over }, WAIT, WAIT],
  ['fresh', {}, SERVE, SERVE],
  ['fresh to its last millisecond', { age: 2_699_999 }, SERVE, SERVE],
  ['fresh, whatever is wrong', { ...rejected, refreshing: true }, SERVE, SERVE],
  ['ahead', { age: 2_700_000 }, AHEAD, OR_CACHED],
  ['ahead, refreshing', { age: 2_700_000, refreshing: true }, SERVE, OR_CACHED],
  ['ahead, backoff', { age: 3_000_000, ...backoff }, SERVE, SERVE],
  ['ahead, backoff over', { age: 3_000_000, ...backoff, backoffAge: 40_000 }, AHEAD, OR_CACHED],
  ['ahead, refused', { age: 3_000_000, ...rejected }, SERVE, FAIL],
  ['ahead, refused before', { age: 3_000_000, ...over }, AHEAD, OR_CACHED],
  ['ahead to its last millisecond', { age: 3_539_999 }, AHEAD, OR_CACHED],
  ['must', { age: 3_540_000 }, BRIEFLY, OR_CACHED],
  ['must, refreshing', { age: 3_540_000, refreshing: true }, BRIEFLY, OR_CACHED],
  ['must, young backoff', { age: 3_540_000, ...young }, SERVE, SERVE],
  ['must, young backoff, refreshing', { age: 3_540_000, ...young, refreshing: true }, BRIEFLY, SERVE],
  ['must, backoff of over five seconds', { age: 3_540_000, ...backoff }, BRIEFLY, SERVE],
  ['must, refused', { age: 3_540_000, ...rejected }, SERVE, FAIL],
  ['must, with little left', { age: 3_594_999 }, refresh(1, true), OR_CACHED],
  ['expired', { age: 3_595_000 }, WAIT, OR_CACHED],
  ['expired, young backoff', { age: 3_700_000, ...young }, FAIL, SERVE],
  ['expired, backoff', { age: 3_700_000, ...backoff }, WAIT, SERVE],
  ['expired, refused', { age: 3_700_000, ...rejected }, FAIL, FAIL],
  ['expired, refreshing', { age: 3_700_000, ...young, refreshing: true }, WAIT, SERVE],
  ['invalidated', { invalidated: true }, WAIT, OR_CACHED],
  ['invalidated, young backoff', { invalidated: true, ...young }, FAIL, SERVE],
  ['invalidated, refreshing', { invalidated: true, refreshing: true }, WAIT, OR_CACHED],
  ['invalidated, refused', { invalidated: true, ...rejected }, FAIL, FAIL],
  ['below the minimum validity', BELOW, BRIEFLY, BRIEFLY],
  ['below it, refreshing', { ...BELOW, refreshing: true }, BRIEFLY, BRIEFLY],
  ['below it, young backoff', { ...BELOW, ...young }, SERVE, SERVE],
  ['below it, rejected', { ...BELOW, ...rejected }, SERVE, SERVE],
  ['below it, started recently on edge', { ...BELOW, startedRecently: true }, SERVE, SERVE],
  ['below it, ahead', { ...BELOW, age: 2_700_000 }, BRIEFLY, OR_CACHED],
  ['below it, invalidated', { ...BELOW, invalidated: true }, WAIT, OR_CACHED],
  ['ahead, started recently on edge', { age: 2_700_000, startedRecently: true }, SERVE, OR_CACHED],
];

describe('the policy', () => {
  it.each(TABLE)('%s', (_case, given, own, sdk) => {
    expect(defaultPolicy.decide(stateWith(given))).toEqual(own);
    expect(awsSdkPolicy.decide(stateWith(given))).toEqual(sdk);
  });

  it('never hands out what is expired or was refused, and never blocks while there is much time', () => {
    const wrong: unknown[] = [];
    for (let age = 0; age < 3_700_000; age += 997)
      for (const invalidated of [false, true])
        for (const refreshing of [false, true])
          for (const rest of [{}, young, backoff, rejected, over]) {
            const given = stateWith({ age, invalidated, refreshing, ...rest });
            const decision = defaultPolicy.decide(given);
            const waitMs = decision.do === 'refresh' ? decision.waitMs : 0;
            const serves = decision.do === 'serve' || (decision.do === 'refresh' && waitMs < Infinity);
            const usable = !invalidated && age < SCHEDULE.usableAge;
            const atOnce = invalidated || age >= SCHEDULE.mustAge || waitMs === 0;
            if (serves !== usable || !atOnce) wrong.push({ given, decision });
          }
    expect(wrong).toEqual([]);
  });

  it('names the states by their ages', () => {
    const at = (age: number): string => stateOf({ schedule: SCHEDULE, age, invalidated: false });
    expect([0, 2_700_000, 3_540_000, 3_595_000].map(at)).toEqual([
      'fresh',
      'refresh-ahead',
      'must-refresh',
      'expired',
    ]);
    expect(stateOf({ schedule: undefined, age: 0, invalidated: true })).toBe('empty');
    expect(stateOf({ schedule: SCHEDULE, age: 9e9, invalidated: true })).toBe('invalidated');
  });

  it('delays for as long as the backoff says, and no longer', () => {
    expect(delayOf(failed('backoff', 9, 5), false)).toBe(9);
    expect(delayOf(failed('backoff', 9, 5), true)).toBe(5);
    expect(isBackedOff({ backoff: failed('backoff', 9), backoffAge: 8 }, true)).toBe(true);
    expect(isBackedOff({ backoff: failed('backoff', 9), backoffAge: 9 }, true)).toBe(false);
    expect(isBackedOff({ backoff: undefined, backoffAge: 0 }, true)).toBe(false);
  });
});
