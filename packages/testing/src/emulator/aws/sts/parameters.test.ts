import { beforeEach, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  AUDIENCE,
  element,
  ISSUER,
  refusal,
  ROLE,
  testAws,
  TRUST,
  webIdentityForm,
  type TestAws,
} from '../aws.fixture.js';

let aws: TestAws;
beforeEach(() => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST });
});

const exchange = async (form: Record<string, string>, without: readonly string[] = []) => {
  const all: Record<string, string> = { ...(await webIdentityForm(aws)), ...form };
  return aws.sts(Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name))));
};
const found = (problem: string) => [400, 'ValidationError', `1 validation error detected: ${problem}`];

describe('constraints, in the words of STS', () => {
  it.each([
    ['a', 'Member must have length greater than or equal to 2'],
    ['a'.repeat(65), 'Member must have length less than or equal to 64'],
    ['shop production', String.raw`Member must satisfy regular expression pattern: [\w+=,.@-]*`],
    ['größe', String.raw`Member must satisfy regular expression pattern: [\w+=,.@-]*`],
  ])('session name %s', async (name, constraint) => {
    expect(refusal(await exchange({ RoleSessionName: name }))).toEqual(
      found(`Value '${name}' at 'roleSessionName' failed to satisfy constraint: ${constraint}`),
    );
  });

  it.each(['aa', 'a'.repeat(64), 'azAZ09_+=,.@-'])('takes the session name %s', async (name) => {
    expect((await exchange({ RoleSessionName: name })).status).toBe(200);
  });

  it.each(['RoleArn', 'RoleSessionName', 'WebIdentityToken'])('%s must be there', async (name) => {
    const member = name.replace(/^./, (c) => c.toLowerCase());
    expect(refusal(await exchange({}, [name]))).toEqual(
      found(`Value null at '${member}' failed to satisfy constraint: Member must not be null`),
    );
  });

  it('says all that is wrong at once', async () => {
    expect(refusal(await exchange({ RoleArn: 'not-an-arn', RoleSessionName: '!' }))[2]).toBe(
      "3 validation errors detected: Value 'not-an-arn' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; " +
        String.raw`Value '!' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*; ` +
        "Value '!' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2",
    );
  });

  it.each([
    'nothing-valid-in-here-at-all',
    `arn:aws:iam::${ACCOUNT}:user/shop`,
    `arn:aws:iam:us-east-1:${ACCOUNT}:role/shop`,
    `arn:aws:iam::1234:role/shop`,
    `arn:aws:sts::${ACCOUNT}:assumed-role/shop/me`,
  ])('no role: %s', async (arn) => {
    expect(refusal(await exchange({ RoleArn: arn }))).toEqual([400, 'ValidationError', `${arn} is invalid`]);
  });

  it.each([
    ['899', 'ValidationError', 'Member must have value greater than or equal to 900'],
    ['43201', 'ValidationError', 'Member must have value less than or equal to 43200'],
    [
      '3601',
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    ],
    ['', 'MalformedInput', 'missing value for decimal type'],
    ['900.0', 'MalformedInput', undefined],
    ['2147483648', 'MalformedInput', undefined],
  ])('duration %s', async (duration, code, message) => {
    const [status, saidCode, said] = refusal(await exchange({ DurationSeconds: duration }));
    expect([status, saidCode]).toEqual([400, code]);
    if (message === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(message);
  });

  it('bounds the token, and never repeats it', async () => {
    const token = 'eyJ'.repeat(7000);
    const answer = await exchange({ WebIdentityToken: token });
    expect(refusal(answer)[2]).toContain(
      "at 'webIdentityToken' failed to satisfy constraint: Member must have length less than or equal to 20000",
    );
    expect(answer.body).not.toContain('eyJeyJ');
    expect(refusal(await exchange({ WebIdentityToken: 'abc' }))[2]).toContain('greater than or equal to 4');
  });

  it('keeps a token out of the log that was put in the wrong place', async () => {
    const token = await aws.token();
    for (const name of ['Action', 'RoleArn', 'RoleSessionName']) {
      const { log } = await exchange({ [name]: token });
      expect(JSON.stringify(log)).toContain('(a token)');
      expect(JSON.stringify(log)).not.toContain('eyJ');
    }
  });

  it('takes the first of a repeated parameter', async () => {
    const form = new URLSearchParams(await webIdentityForm(aws));
    form.append('RoleSessionName', 'bad/name');
    expect((await aws.sts({}, { body: Buffer.from(form.toString()) })).status).toBe(200);
  });

  it('refuses ProviderId', async () => {
    expect(refusal(await exchange({ ProviderId: 'www.amazon.com' })).slice(0, 2)).toEqual([
      400,
      'InvalidIdentityToken',
    ]);
  });
});

describe('session policies', () => {
  const reading = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
  });
  const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:policy/${name}`;

  it('answers how much of the space they take', async () => {
    const size = Number(element(await exchange({ Policy: reading }), 'PackedPolicySize'));
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThan(20);
    const both = await exchange({ Policy: reading, 'PolicyArns.member.1.arn': arn('read') });
    expect(Number(element(both, 'PackedPolicySize'))).toBeGreaterThan(size);
  });

  it.each([
    ['{', 'Syntax errors in policy.'],
    ['{"Version":"2012-10-17"}', 'Syntax errors in policy.'],
    [JSON.stringify({ Version: '2026-01-01', Statement: [] }), 'Syntax errors in policy.'],
    [
      JSON.stringify({ Statement: { Effect: 'Allow', Action: '*', Resource: '*', Principal: '*' } }),
      'Has prohibited field Principal',
    ],
    [
      JSON.stringify({ Statement: { Effect: 'Allow', Resource: '*' } }),
      'Policy statement must contain actions.',
    ],
    [
      JSON.stringify({ Statement: { Effect: 'Allow', Action: 's3:*', Resource: 'bucket' } }),
      'Resource bucket must be in ARN format or "*".',
    ],
  ])('malformed: %s', async (Policy, message) => {
    expect(refusal(await exchange({ Policy }))).toEqual([400, 'MalformedPolicyDocument', message]);
  });

  it('takes 2,048 characters, inline and managed together', async () => {
    const padded = (length: number) => `${reading.slice(0, -1)}${' '.repeat(length - reading.length)}}`;
    expect((await exchange({ Policy: padded(2048) })).status).toBe(200);
    expect(refusal(await exchange({ Policy: padded(2049) }))[2]).toContain(
      "at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048",
    );
    const managed = { 'PolicyArns.member.1.arn': arn('read') };
    expect((await exchange({ Policy: padded(2048 - arn('read').length), ...managed })).status).toBe(200);
    expect(refusal(await exchange({ Policy: padded(2048), ...managed })).slice(0, 2)).toEqual([
      400,
      'ValidationError',
    ]);
  });

  it('packs them, with a separate limit', async () => {
    // A generator of text that hardly compresses.
    let state = 1;
    const noise = Array.from({ length: 1900 }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/'[state % 64];
    }).join('');
    const Policy = JSON.stringify({
      Statement: { Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${noise}` },
    });
    expect(Policy.length).toBeLessThan(2048);
    const [status, code, message] = refusal(await exchange({ Policy }));
    expect([status, code]).toEqual([400, 'PackedPolicyTooLarge']);
    expect(message).toMatch(/^Packed policy consumes 1\d\d% of allotted space/);
  });

  it('takes ten ARNs, of this account or of AWS', async () => {
    const arns = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`PolicyArns.member.${index + 1}.arn`, arn(`p${index}`)]),
      );
    expect((await exchange(arns(10))).status).toBe(200);
    expect(refusal(await exchange(arns(11)))[2]).toContain(
      'Member must have length less than or equal to 10',
    );
    const one = async (value: string) => refusal(await exchange({ 'PolicyArns.member.1.arn': value }))[1];
    expect(await one('arn:aws:iam::999999999999:policy/read')).toBe('ValidationError');
    expect(await one('AmazonS3ReadOnlyAccess')).toBe('ValidationError');
    expect(await one('arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess')).toBeUndefined();
  });
});
