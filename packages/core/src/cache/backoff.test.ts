import { describe, expect, it } from 'vitest';
import { FederationError } from '../federation-error.js';
import type { Backoff, Failure } from './policy.js';
import { isTokenError, nextBackoff } from './failed-refresh.js';

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
const after = (count: number, one: Failure, untilMust: number | undefined, jitter: number): Backoff => {
  let backoff: Backoff | undefined;
  for (let n = 0; n < count; n++) backoff = nextBackoff('default', one, backoff, at, untilMust, jitter);
  return backoff as Backoff;
};
const throttled = (retryAfterMs = 0): Failure => failure('backoff', { throttled: true, retryAfterMs });

describe('how long a failure delays the next attempt', () => {
  it.each([
    // kind, how many, until must, jitter; delay and urgent delay in milliseconds
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
  ] as const)('%s', (_case, one, count, untilMust, jitter, delayMs, urgentDelayMs) => {
    expect(after(count, one, untilMust, jitter)).toMatchObject({ delayMs, urgentDelayMs, count });
  });

  it('counts failures of one kind in a row', () => {
    const first = after(4, failure('backoff'), undefined, 1);
    expect(nextBackoff('default', failure('rejected'), first, at, undefined, 1).count).toBe(1);
  });

  it('follows the AWS SDKs in their profile', () => {
    for (const jitter of [0, 0.4, 1]) {
      const delayMs = (300 + 300 * jitter) * 1_000;
      expect(nextBackoff('aws-sdk', failure('backoff'), undefined, at, 0, jitter)).toMatchObject({
        delayMs,
        urgentDelayMs: delayMs,
      });
      expect(nextBackoff('aws-sdk', failure('rejected'), undefined, at, 0, jitter).delayMs).toBe(
        1_000 + 4_000 * jitter,
      );
    }
  });

  it('tells failures of the token from all others', () => {
    expect(
      (
        [
          'token_rejected',
          'access_denied',
          'subject_token_expired',
          'subject_mismatch',
          'no_subject_token',
        ] as const
      ).every(isTokenError),
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
      ).some(isTokenError),
    ).toBe(false);
  });
});
