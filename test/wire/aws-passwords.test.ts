/** Passwords of databases and brokers: the same bytes as the official signers', accepted by a strict server. */

import { mskToken } from '@credex/aws/msk';
import type { DatabaseLogin, DatabaseTokenFault } from '@credex/testing/emulator';
import { generateAuthTokenFromCredentialsProvider } from 'aws-msk-iam-sasl-signer-js';
import { describe, expect, it } from 'vitest';
import type { Case } from './aws-password-targets.js';
import { NOW, TARGETS, atNow, expectSame, judge, provider, randomCases } from './aws-password-targets.js';

atNow();

// aws-passwords.proof.ts compares 1,000.
const cases = randomCases(30);

describe.each(TARGETS)('$name', (target) => {
  const { ours, login } = target;

  it('is the same for random logins, and a strict server accepts it', async () => {
    await expectSame(target, cases);
  });

  it('is refused for any other login, too late, and if it is changed', async () => {
    for (const one of cases) {
      const token = await ours(one)();
      const right = login(one);
      const refused = async (
        faults: readonly DatabaseTokenFault[],
        changed: Partial<DatabaseLogin>,
        { text = token, now = NOW }: { text?: string; now?: number } = {},
      ): Promise<void> => {
        const verdict = await judge(text, { ...right, ...changed }, one.keys, now);
        expect(verdict.ok ? 'accepted' : verdict.fault).toBeOneOf(faults as string[]);
      };
      await refused(['expired'], {}, { now: NOW + 16 * 60_000 });
      await refused(['not_yet_valid'], {}, { now: NOW - 6 * 60_000 });
      await refused(['wrong_region', 'wrong_host'], { region: 'us-west-2' });
      const other = right.service === 'memorydb' ? 'dsql' : 'memorydb';
      const names = ['wrong_host', 'wrong_action', 'unknown_parameter', 'missing_parameter'] as const;
      if (right.service === 'kafka-cluster') await refused(['malformed', 'wrong_host'], { service: other });
      else await refused(['wrong_service', ...names], { service: other });
      if (right.host !== undefined) await refused(['wrong_host'], { host: `x${right.host}` });
      if (right.user !== undefined && right.service !== 'dsql')
        await refused(['wrong_user'], { user: `${right.user}x` });
      for (const [faults, change] of CHANGES) await refused(faults, {}, { text: changedUrl(token, change) });
    }
  });
});

/** Changes of the URL under a password. */
const CHANGES: readonly (readonly [
  faults: readonly DatabaseTokenFault[],
  change: (url: string) => string,
])[] = [
  [['duplicate_parameter'], (url) => url.replace(/Action=[^&]*/, '$&&$&')],
  [['duplicate_parameter'], (url) => `${url}&x-amz-expires=900`],
  [['no_session_token'], (url) => url.replace(/X-Amz-Security-Token=[^&]*&/, '')],
  [['unknown_credentials'], (url) => url.replace(/(X-Amz-Security-Token=[^&]*)&/, '$1A&')],
  [['bad_signature'], (url) => url.replace(/X-Amz-Expires=900/, 'X-Amz-Expires=899')],
  [['malformed'], (url) => url.replace(/X-Amz-Expires=900/, 'X-Amz-Expires=901')],
  [['malformed'], (url) => url.replace(/X-Amz-Expires=900/, 'X-Amz-Expires=899.5')],
  [['missing_parameter'], (url) => url.replace(/X-Amz-Signature=[^&]*&/, '')],
  [['unknown_parameter'], (url) => `${url}&Extra=1`],
  [['wrong_encoding'], (url) => url.replace('%2F', '%2f')],
  [['wrong_encoding'], (url) => url.replace('%2F', '/')],
  [['malformed', 'wrong_host'], (url) => url.replace('/?', '/path?')],
];

function changedUrl(token: string, change: (url: string) => string): string {
  const decoded = Buffer.from(token, 'base64url').toString();
  return decoded.startsWith('https:') ? Buffer.from(change(decoded)).toString('base64url') : change(token);
}

it('ends with the session, in whole seconds, as the official signer of MSK would have it', async () => {
  const [one] = cases as [Case];
  const keys = { ...one.keys, expiration: new Date(NOW + 600_500) };
  const token = mskToken({ region: one.region, credentials: provider(keys) });
  const url = new URL(Buffer.from(await token(), 'base64url').toString());
  expect(url.searchParams.get('X-Amz-Expires')).toBe('600');
  expect((await token.withExpiry()).expiresAt).toBe(Math.floor(NOW / 1000) * 1000 + 600_000);
  // The official signer writes a fraction, which brokers refuse.
  const official = await generateAuthTokenFromCredentialsProvider({
    region: one.region,
    awsCredentialsProvider: provider(keys),
  });
  expect(new URL(Buffer.from(official.token, 'base64url').toString()).searchParams.get('X-Amz-Expires')).toBe(
    '600.5',
  );
});
