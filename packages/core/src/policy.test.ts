import { describe, expect, it } from 'vitest';
import { FederationError } from './errors.js';
import type { Decision, Situation } from './policy.js';
import { decide, decideAsSdk, holdOf, holds, stateOf } from './policy.js';
import type { Trouble } from './trouble.js';

const SCHEDULE = { lifetimeMs: 3_600_000, refreshAge: 2_700_000, mustAge: 3_540_000, usableAge: 3_595_000 };
const error = new FederationError({ code: 'unavailable', provider: 'test', message: 'x' });
const trouble = (kind: Trouble['kind'], holdMs: number, urgentHoldMs = holdMs): Trouble => ({
  kind,
  error,
  since: { wall: 0, mono: 0 },
  holdMs,
  urgentHoldMs,
  count: 1,
});
const situation = (rest: Partial<Situation>): Situation => ({
  schedule: SCHEDULE,
  age: 0,
  invalidated: false,
  trouble: undefined,
  troubleAge: 0,
  flying: false,
  ...rest,
});

const SERVE: Decision = { do: 'serve' };
const AHEAD: Decision = { do: 'serve-and-refresh' };
const BRIEFLY: Decision = { do: 'wait-briefly', atMostMs: 3_000 };
const WAIT: Decision = { do: 'wait' };
const OR_HELD: Decision = { do: 'wait-or-held' };
const REFUSE: Decision = { do: 'refuse', error };
/** A backoff of 40 s that is cut to 5 s where it is urgent, 10 s old. */
const backoff = { trouble: trouble('backoff', 40_000, 5_000), troubleAge: 10_000 };
const young = { ...backoff, troubleAge: 4_999 };
const rejected = { trouble: trouble('rejected', 4_000), troubleAge: 3_999 };
const over = { ...rejected, troubleAge: 4_000 };
const none = { schedule: undefined };

const TABLE: readonly (readonly [string, Partial<Situation>, Decision, Decision])[] = [
  ['nothing', none, WAIT, WAIT],
  ['nothing, flying', { ...none, flying: true }, WAIT, WAIT],
  ['nothing, a young backoff', { ...none, ...young }, REFUSE, WAIT],
  ['nothing, a backoff of over five seconds', { ...none, ...backoff }, WAIT, WAIT],
  ['nothing, a young backoff, flying', { ...none, ...young, flying: true }, WAIT, WAIT],
  ['nothing, refused', { ...none, ...rejected }, REFUSE, REFUSE],
  ['nothing, refused before', { ...none, ...over }, WAIT, WAIT],
  ['fresh', {}, SERVE, SERVE],
  ['fresh to its last millisecond', { age: 2_699_999 }, SERVE, SERVE],
  ['fresh, whatever is wrong', { ...rejected, flying: true }, SERVE, SERVE],
  ['ahead', { age: 2_700_000 }, AHEAD, OR_HELD],
  ['ahead, flying', { age: 2_700_000, flying: true }, SERVE, OR_HELD],
  ['ahead, backoff', { age: 3_000_000, ...backoff }, SERVE, SERVE],
  ['ahead, backoff over', { age: 3_000_000, ...backoff, troubleAge: 40_000 }, AHEAD, OR_HELD],
  ['ahead, refused', { age: 3_000_000, ...rejected }, SERVE, REFUSE],
  ['ahead, refused before', { age: 3_000_000, ...over }, AHEAD, OR_HELD],
  ['ahead to its last millisecond', { age: 3_539_999 }, AHEAD, OR_HELD],
  ['must', { age: 3_540_000 }, BRIEFLY, OR_HELD],
  ['must, flying', { age: 3_540_000, flying: true }, BRIEFLY, OR_HELD],
  ['must, young backoff', { age: 3_540_000, ...young }, SERVE, SERVE],
  ['must, young backoff, flying', { age: 3_540_000, ...young, flying: true }, BRIEFLY, SERVE],
  ['must, backoff of over five seconds', { age: 3_540_000, ...backoff }, BRIEFLY, SERVE],
  ['must, refused', { age: 3_540_000, ...rejected }, SERVE, REFUSE],
  ['must, with little left', { age: 3_594_999 }, { do: 'wait-briefly', atMostMs: 1 }, OR_HELD],
  ['expired', { age: 3_595_000 }, WAIT, OR_HELD],
  ['expired, young backoff', { age: 3_700_000, ...young }, REFUSE, SERVE],
  ['expired, backoff', { age: 3_700_000, ...backoff }, WAIT, SERVE],
  ['expired, refused', { age: 3_700_000, ...rejected }, REFUSE, REFUSE],
  ['expired, flying', { age: 3_700_000, ...young, flying: true }, WAIT, SERVE],
  ['invalidated', { invalidated: true }, WAIT, OR_HELD],
  ['invalidated, young backoff', { invalidated: true, ...young }, REFUSE, SERVE],
  ['invalidated, flying', { invalidated: true, flying: true }, WAIT, OR_HELD],
  ['invalidated, refused', { invalidated: true, ...rejected }, REFUSE, REFUSE],
];

describe('the policy', () => {
  it.each(TABLE)('%s', (_case, given, own, sdk) => {
    expect(decide(situation(given))).toEqual(own);
    expect(decideAsSdk(situation(given))).toEqual(sdk);
  });

  it('never hands out what is expired or was refused, and never blocks while there is much time', () => {
    const wrong: unknown[] = [];
    for (let age = 0; age < 3_700_000; age += 997)
      for (const invalidated of [false, true])
        for (const flying of [false, true])
          for (const rest of [{}, young, backoff, rejected, over]) {
            const given = situation({ age, invalidated, flying, ...rest });
            const decision = decide(given).do;
            const serves = ['serve', 'serve-and-refresh', 'wait-briefly'].includes(decision);
            const usable = !invalidated && age < SCHEDULE.usableAge;
            const atOnce = invalidated || age >= SCHEDULE.mustAge || decision.startsWith('serve');
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

  it('holds for as long as the trouble says, and no longer', () => {
    expect(holdOf(trouble('backoff', 9, 5), false)).toBe(9);
    expect(holdOf(trouble('backoff', 9, 5), true)).toBe(5);
    expect(holds({ trouble: trouble('backoff', 9), troubleAge: 8 }, true)).toBe(true);
    expect(holds({ trouble: trouble('backoff', 9), troubleAge: 9 }, true)).toBe(false);
    expect(holds({ trouble: undefined, troubleAge: 0 }, true)).toBe(false);
  });
});
