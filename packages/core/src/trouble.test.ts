import { describe, expect, it } from 'vitest';
import { FederationError } from './errors.js';
import type { Failure, Trouble } from './trouble.js';
import { dependsOnToken, troubleAfter } from './trouble.js';

const at = { wall: 1, mono: 1 };
const failure = (
  kind: Failure['kind'],
  rest: { throttled?: boolean; retryAfterMs?: number } = {},
): Failure => ({
  kind,
  throttled: rest.throttled ?? false,
  error: new FederationError({
    code: 'unavailable',
    provider: 'test',
    message: 'x',
    retryAfterMs: rest.retryAfterMs,
  }),
});
/** So many failures in a row. */
const after = (count: number, one: Failure, untilMust: number | undefined, drawn: number): Trouble => {
  let trouble: Trouble | undefined;
  for (let n = 0; n < count; n++) trouble = troubleAfter(one, trouble, at, untilMust, drawn, 'default');
  return trouble as Trouble;
};
const throttled = (retryAfterMs = 0): Failure => failure('backoff', { throttled: true, retryAfterMs });

describe('how long a failure holds the next attempt', () => {
  it.each([
    // kind, how many, until must, drawn; hold and urgent hold in milliseconds
    ['backoff', failure('backoff'), 1, 600_000, 0, 0, 0],
    ['backoff', failure('backoff'), 1, 600_000, 1, 1_000, 1_000],
    ['backoff', failure('backoff'), 2, 600_000, 1, 2_000, 2_000],
    ['backoff', failure('backoff'), 5, 600_000, 1, 16_000, 5_000],
    ['backoff', failure('backoff'), 7, 600_000, 1, 60_000, 5_000],
    ['backoff', failure('backoff'), 50, 600_000, 0.5, 30_000, 5_000],
    ['backoff with nothing', failure('backoff'), 50, undefined, 1, 60_000, 5_000],
    ['rejected', failure('rejected'), 1, undefined, 0, 1_000, 1_000],
    ['rejected', failure('rejected'), 1, undefined, 1, 5_000, 5_000],
    ['rejected', failure('rejected'), 3, undefined, 1, 20_000, 20_000],
    ['rejected', failure('rejected'), 50, undefined, 0, 60_000, 60_000],
    ['throttled', throttled(), 1, 600_000, 0, 500, 500],
    ['throttled', throttled(), 1, 600_000, 1, 1_000, 1_000],
    ['throttled', throttled(), 9, 600_000, 0, 30_000, 30_000],
    ['throttled, asked to wait', throttled(90_000), 1, 600_000, 0, 90_000, 60_000],
    ['throttled, asked to wait an hour', throttled(3_600_000), 1, 600_000, 0, 300_000, 60_000],
    ['throttled, asked to wait past the last minute', throttled(90_000), 1, 20_000, 0, 20_000, 20_000],
    ['throttled in the last minute', throttled(90_000), 1, 0, 0, 5_000, 5_000],
    ['throttled with nothing', throttled(90_000), 1, undefined, 0, 60_000, 60_000],
    ['throttled with nothing, asked a little', throttled(7_000), 1, undefined, 0, 7_000, 7_000],
  ] as const)('%s', (_case, one, count, untilMust, drawn, holdMs, urgentHoldMs) => {
    expect(after(count, one, untilMust, drawn)).toMatchObject({ holdMs, urgentHoldMs, count });
  });

  it('counts failures of one kind in a row', () => {
    const first = after(4, failure('backoff'), undefined, 1);
    expect(troubleAfter(failure('rejected'), first, at, undefined, 1, 'default').count).toBe(1);
  });

  it('follows the AWS SDKs in their profile', () => {
    for (const drawn of [0, 0.4, 1]) {
      const hold = (300 + 300 * drawn) * 1_000;
      expect(troubleAfter(failure('backoff'), undefined, at, 0, drawn, 'aws-sdk')).toMatchObject({
        holdMs: hold,
        urgentHoldMs: hold,
      });
      expect(troubleAfter(failure('rejected'), undefined, at, 0, drawn, 'aws-sdk').holdMs).toBe(
        1_000 + 4_000 * drawn,
      );
    }
  });

  it('tells what a token is at fault for from what it is not', () => {
    expect(
      (
        [
          'token_rejected',
          'access_denied',
          'subject_token_expired',
          'subject_mismatch',
          'no_subject_token',
        ] as const
      ).every(dependsOnToken),
    ).toBe(true);
    expect(
      (
        [
          'unavailable',
          'throttled',
          'network',
          'timeout',
          'target_not_found',
          'invalid_request',
          'region_disabled',
          'unknown',
        ] as const
      ).some(dependsOnToken),
    ).toBe(false);
  });
});
