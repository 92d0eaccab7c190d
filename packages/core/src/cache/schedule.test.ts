import { describe, expect, it } from 'vitest';
import type { Schedule } from './policy.js';
import { awsSdkPolicy, defaultPolicy, lifetimeOf } from './policy.js';

const S = 1_000;
const POLICIES = { default: defaultPolicy, 'aws-sdk': awsSdkPolicy } as const;
const OWN = { profile: 'default' } as const;

interface Rules {
  readonly profile: keyof typeof POLICIES;
  readonly refreshAheadMs?: number | undefined;
}

function scheduleOf(
  lifetimeMs: number,
  hintAge: number | undefined,
  jitter: number,
  { profile, refreshAheadMs }: Rules,
): Schedule {
  const policy = POLICIES[profile];
  return policy.schedule(lifetimeMs, policy.aheadMs(lifetimeMs, refreshAheadMs), hintAge, jitter);
}

describe('the schedule', () => {
  it.each([
    // lifetime, refresh at the earliest and the latest draw, must, usable; in seconds
    [3_600, 2_700, 2_880, 3_540, 3_595],
    [900, 675, 720, 840, 895],
    [7_200, 6_300, 6_480, 7_140, 7_195],
    [43_200, 42_300, 42_480, 43_140, 43_195],
    [60, 45, 48, 54, 57],
    [30, 22.5, 24, 27, 28.5],
    [600, 450, 480, 540, 595],
  ])('of %d seconds', (lifetime, earliest, latest, must, usable) => {
    expect(scheduleOf(lifetime * S, undefined, 0, OWN)).toEqual({
      lifetimeMs: lifetime * S,
      refreshAge: earliest * S,
      mustAge: must * S,
      usableAge: usable * S,
    });
    expect(scheduleOf(lifetime * S, undefined, 1, OWN).refreshAge).toBeCloseTo(latest * S);
  });

  it('is in order for every lifetime, hint, draw and window', () => {
    for (const profile of ['default', 'aws-sdk'] as const)
      for (const lifetime of [
        30, 31, 59, 61, 100, 299, 301, 600, 899, 1_200, 3_600, 5_399, 5_400, 43_200, 100_800,
      ])
        for (const hint of [
          undefined,
          -5,
          0,
          1,
          lifetime / 2,
          lifetime - 1,
          lifetime,
          9e9,
          Number.NaN,
          Infinity,
          -Infinity,
        ])
          for (const jitter of [0, 0.5, 0.999_999])
            for (const refreshAheadMs of [undefined, 1_000, 300_000, 43_200_000]) {
              const { refreshAge, mustAge, usableAge, lifetimeMs } = scheduleOf(
                lifetime * S,
                hint === undefined ? undefined : hint * S,
                jitter,
                { profile, refreshAheadMs },
              );
              expect(refreshAge).toBeGreaterThanOrEqual(profile === 'default' ? lifetimeMs / 2 : 0);
              expect(refreshAge).toBeLessThanOrEqual(mustAge);
              expect(mustAge).toBeLessThanOrEqual(usableAge);
              expect(usableAge).toBeLessThanOrEqual(lifetimeMs);
            }
  });

  it("puts the server's hint before its own reckoning, with the same jitter", () => {
    // A day's token of Entra: refresh_in is twelve hours.
    const day = 86_400 * S;
    expect(scheduleOf(day, day / 2, 0, OWN).refreshAge).toBe(day / 2);
    expect(scheduleOf(day, day / 2, 1, OWN).refreshAge).toBe(day / 2 + 180 * S);
    expect(scheduleOf(day, 0, 0, OWN).refreshAge).toBe(day / 2);
    expect(scheduleOf(day, day, 0, OWN).refreshAge).toBe(day - 60 * S);
  });

  it('clamps a configured window to half of the lifetime', () => {
    expect(scheduleOf(3_600 * S, undefined, 0, { ...OWN, refreshAheadMs: 3_000 * S }).refreshAge).toBe(
      1_800 * S,
    );
    expect(scheduleOf(3_600 * S, undefined, 0, { ...OWN, refreshAheadMs: 600 * S }).refreshAge).toBe(
      3_000 * S,
    );
  });

  it.each([
    [600, 300],
    [1_200, 300],
    [1_201, 900],
    [1_230, 900],
    [5_399, 900],
    [5_400, 3_600],
    [21_600, 3_600],
  ])("has the AWS SDKs' windows: %d seconds are refreshed %d ahead", (lifetime, window) => {
    expect(scheduleOf(lifetime * S, 5, 0.7, { profile: 'aws-sdk' })).toEqual({
      lifetimeMs: lifetime * S,
      refreshAge: (lifetime - window) * S,
      mustAge: (lifetime - 60) * S,
      usableAge: lifetime * S,
    });
  });
});

describe('the lifetime', () => {
  const at = 1_767_225_600_000;
  const issued = (seconds: number, rest = {}) => ({ credential: { expiresAt: at + seconds * S }, ...rest });
  it.each([
    ['by our clock', issued(3_600), 3_600],
    ["by the server's clock, which is behind", issued(3_300, { serverDate: at - 300 * S }), 3_600],
    ["by the server's clock, which is ahead", issued(3_900, { serverDate: at + 300 * S }), 3_600],
    ['ten minutes off at most', issued(0, { serverDate: at - 3_600 * S }), 600],
    ['ten minutes off at most, the other way', issued(7_200, { serverDate: at + 3_600 * S }), 6_600],
    [
      'never more than was asked for',
      issued(3_600, { serverDate: at - 300 * S, maxLifetimeMs: 3_600 * S }),
      3_600,
    ],
    ['as if it were the longest', issued(200_000, { maxLifetimeMs: 43_200 * S }), 43_200],
    ['over already', issued(-10), -10],
  ])('%s', (_case, given, seconds) => {
    expect(lifetimeOf(given, at)).toBe(seconds * S);
  });
});
