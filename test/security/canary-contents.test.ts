/** An answer comes and can't be used: not what it should be, not whole, or of another time. */

import { awsCredentialsProvider } from '@credex/aws';
import { createCredentialCache } from '@credex/core';
import type { Fault } from '@credex/testing/emulator';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { useFixture } from '../support/use-fixture.js';
import type { ByService, Step, Verdict } from './canary.js';
import { STEPS, expectVerdict, labelOf, never, now, of, strike, toAll, tokensIn } from './canary.js';
import { warmUp } from '../support/clouds.js';

const fixture = useFixture();
beforeAll(() => warmUp(fixture));
beforeEach(() => setDeployment());

const steps = STEPS.map((step) => [labelOf(step), step] as const);
const UNREADABLE = now('invalid_response', 2);

/** A token where another member should be. */
const misplaced: ByService<(sent: string) => string> = {
  'aws-sts': (sent) =>
    `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AK</AccessKeyId><SecretAccessKey>${sent}</SecretAccessKey><SessionToken>${sent}</SessionToken><Expiration>${sent}</Expiration></Credentials><AssumedRoleUser><Arn>${sent}</Arn></AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  'gcp-sts': (sent) =>
    JSON.stringify({ access_token: sent, token_type: sent, issued_token_type: sent, expires_in: sent }),
  'gcp-iam-credentials': (sent) => JSON.stringify({ accessToken: sent, expireTime: sent, [sent]: sent }),
  entra: (sent) => JSON.stringify({ access_token: sent, token_type: sent, expires_in: sent }),
};

const MALFORMED: Readonly<Record<string, (step: Step, sent: () => string) => Fault>> = {
  'a page of HTML': () => ({ kind: 'malformed' }),
  nothing: () => ({ kind: 'malformed', body: '' }),
  'an empty list': () => ({ kind: 'malformed', body: '[]', contentType: 'application/json' }),
  null: () => ({ kind: 'malformed', body: 'null', contentType: 'application/json' }),
  'an empty object': () => ({ kind: 'malformed', body: '{}', contentType: 'application/json' }),
  'bytes that are no text': () => ({
    kind: 'malformed',
    body: Uint8Array.of(0xff, 0xfe, 0x00, 0x80),
    contentType: 'text/xml',
  }),
  'what was sent': (_step, sent) => ({
    kind: 'malformed',
    get body() {
      return `${sent()}<Error><Message>${sent()}</Message></Error>`;
    },
  }),
  'a token where a time should be': (step, sent) => ({
    kind: 'malformed',
    contentType: step.service === 'aws-sts' ? 'text/xml' : 'application/json',
    get body() {
      return of(misplaced, step)(tokensIn(sent()));
    },
  }),
  'more than anyone reads': () => ({ kind: 'malformed', body: `<a>${'x'.repeat(300_000)}</a>` }),
};

describe.each(Object.entries(MALFORMED))('%s in place of an answer', (_name, faultOf) => {
  test.each(steps)('%s', async (_label, step) => {
    const struck = await strike(fixture, step, (sent) => faultOf(step, sent));
    const error = expectVerdict(struck, step, UNREADABLE);
    expect(error.serverMessage).toBeUndefined();
  });
});

const NEEDED: ByService<readonly string[]> = {
  'aws-sts': [
    'AssumeRoleWithWebIdentityResult',
    'Credentials',
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
    'AssumedRoleUser',
    'Arn',
  ],
  'gcp-sts': ['access_token', 'token_type'],
  'gcp-iam-credentials': ['accessToken', 'expireTime'],
  entra: ['access_token', 'token_type', 'expires_in'],
};
const SPARE: ByService<readonly string[]> = {
  'aws-sts': [
    'Provider',
    'Audience',
    'SubjectFromWebIdentityToken',
    'AssumedRoleId',
    'ResponseMetadata',
    'RequestId',
  ],
  'gcp-sts': ['issued_token_type', 'expires_in'],
  'gcp-iam-credentials': [],
  entra: ['ext_expires_in'],
};
const fieldsOf = (table: ByService<readonly string[]>) =>
  STEPS.flatMap((step) => of(table, step).map((field) => [field, labelOf(step), step] as const));

test.each(fieldsOf(NEEDED))('an answer without %s: %s', async (field, _label, step) => {
  expectVerdict(await strike(fixture, step, { kind: 'missing-field', field }), step, UNREADABLE);
});

test.each(fieldsOf(SPARE))('an answer without %s is good: %s', async (field, _label, step) => {
  const struck = await strike(fixture, step, { kind: 'missing-field', field });
  expect(struck.error).toBeUndefined();
  expect(struck.struck).toBe(1);
});

test.each(steps)('a credential that is over already: %s', async (_label, step) => {
  // A time that is past is told by the clock, a lifetime of zero by itself.
  const skewed = step.service === 'aws-sts' || step.service === 'gcp-iam-credentials';
  const struck = await strike(fixture, step, { kind: 'already-expired' });
  const error = expectVerdict(struck, step, skewed ? now('clock_skew', 1) : UNREADABLE);
  if (skewed) expect(error.hint).toContain('clock');
});

describe('throttled', () => {
  test.each(steps)('without a word of how long: %s', async (_label, step) => {
    const struck = await strike(fixture, step, { kind: 'throttle' });
    // Entra always says.
    const error = expectVerdict(struck, step, now('throttled', step.service === 'entra' ? 1 : 3));
    expect(error.retryAfterMs).toBe(step.service === 'entra' ? 60_000 : undefined);
  });

  test.each(steps)('for longer than a call may take: %s', async (_label, step) => {
    const struck = await strike(fixture, step, { kind: 'throttle', retryAfter: 30 });
    expect(expectVerdict(struck, step, now('throttled', 1)).retryAfterMs).toBe(30_000);
  });

  test.each(steps)('until a date: %s', async (_label, step) => {
    const retryAfter = new Date(fixture.emulator.clock.now() + 30_000).toUTCString();
    const struck = await strike(fixture, step, { kind: 'throttle', retryAfter });
    const { retryAfterMs } = expectVerdict(struck, step, now('throttled', 1));
    expect(Math.abs((retryAfterMs ?? 0) - 30_000)).toBeLessThanOrEqual(2_000);
  });

  test.each(steps)('until it pleases: %s', async (_label, step) => {
    const struck = await strike(fixture, step, { kind: 'throttle', retryAfter: 'soon' });
    expect(expectVerdict(struck, step, now('throttled')).retryAfterMs).toBeUndefined();
  });
});

describe("the service's clock is off", () => {
  const MINUTE = 60_000;
  const HOUR = 60 * MINUTE;
  const EARLY = never('subject_token_not_yet_valid');
  const STALE = never('subject_token_expired');
  /** The second step judges the federated token, and so twice. */
  const REFUSED_TWICE: Verdict = { ...never('token_rejected'), attempts: 2 };

  const SKEWS: readonly (readonly [string, number, ByService<Verdict | 'issued'>])[] = [
    ['five minutes ahead', 5 * MINUTE, toAll('issued')],
    [
      'five minutes behind',
      -5 * MINUTE,
      { 'aws-sts': 'issued', 'gcp-sts': STALE, 'gcp-iam-credentials': 'issued', entra: EARLY },
    ],
    ['two hours ahead', 2 * HOUR, { ...toAll(STALE), 'gcp-iam-credentials': REFUSED_TWICE }],
    [
      'two hours behind',
      -2 * HOUR,
      { 'aws-sts': EARLY, 'gcp-sts': STALE, 'gcp-iam-credentials': now('clock_skew', 1), entra: EARLY },
    ],
  ];

  describe.each(SKEWS)('%s', (_name, ms, wanted) => {
    test.each(steps)('%s', async (_label, step) => {
      const verdict = of(wanted, step);
      const struck = await strike(fixture, step, { kind: 'clock-skew', ms });
      if (verdict === 'issued') expect(struck.error).toBeUndefined();
      else expectVerdict(struck, step, verdict);
    });
  });

  const longLived = (): Promise<string> => {
    const seconds = Math.floor(fixture.emulator.clock.now() / 1000);
    return fixture.mint({ issuedAt: seconds - 3 * 3600, expiresAt: seconds + 3 * 3600 });
  };

  test.each(steps)('two hours behind, with a token that holds: %s', async (_label, step) => {
    const absolute = step.service === 'aws-sts' || step.service === 'gcp-iam-credentials';
    const struck = await strike(
      fixture,
      step,
      { kind: 'clock-skew', ms: -2 * HOUR },
      { token: await longLived() },
    );
    // A time of theirs is past by ours; a lifetime is counted from ours.
    if (absolute) expectVerdict(struck, step, now('clock_skew', 1));
    else expect(struck.error).toBeUndefined();
  });

  test.each([5 * MINUTE, 2 * HOUR])(
    '%i ms ahead, a session of AWS is used no longer than it lives',
    async (ms) => {
      fixture.emulator.faults.plant({ service: 'aws-sts', fault: { kind: 'clock-skew', ms } });
      const provider = awsCredentialsProvider({ ...fixture.options.aws, cache: createCredentialCache() });
      await fixture.inRequest(await longLived(), () => provider.getCredentials());
      const { since = 0, until = 0 } = provider.status();
      expect(until - since).toBeGreaterThan(0);
      // The role gives an hour, whatever the two clocks make of it.
      expect(until - since).toBeLessThanOrEqual(HOUR);
    },
  );
});
