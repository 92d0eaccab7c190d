import { ResponseError } from '@credex/core/internal';
import { describe, expect, it } from 'vitest';
import { ROLE, issuedXml, thrownBy } from './aws.fixture.js';
import { awsConfiguration } from './options.js';
import { parseStoredAwsCredentials, parseStsResponse, parseStsResult } from './parse-sts-response.js';

const answer = (credentials: object = {}, user: object = {}): object => ({
  Credentials: {
    AccessKeyId: 'ASIAEXAMPLE',
    SecretAccessKey: 'secret',
    SessionToken: 'session==',
    Expiration: '2026-11-22T11:00:00Z',
    ...credentials,
  },
  AssumedRoleUser: { Arn: 'arn:aws:sts::123456789012:assumed-role/app/credex', ...user },
});

interface Requested {
  readonly roleArn: string;
  readonly subject: string;
}

/** Without `requested`, a response about any role is accepted. */
function parse(result: unknown, requested?: Requested) {
  const roleArn = requested?.roleArn ?? ROLE;
  const configuration = awsConfiguration({ roleArn, allowUnboundResponse: requested === undefined });
  return parseStsResult(() => result, configuration, requested?.subject).credential;
}

const at = Date.parse('2026-11-22T11:00:00Z');

describe('a response of STS', () => {
  it('becomes a record of plain data', () => {
    expect(parse(answer())).toEqual({
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'secret',
      sessionToken: 'session==',
      accountId: '123456789012',
      expiresAt: at,
    });
  });

  it.each<[unknown, number]>([
    [new Date(at), at],
    ['2026-11-22T11:00:00.5Z', at + 500],
    ['2026-11-22T11:00:00.123456789Z', at + 123],
    ['2026-11-22T13:00:00+02:00', at],
  ])('takes Expiration %s', (Expiration, expiresAt) => {
    expect(parse(answer({ Expiration })).expiresAt).toBe(expiresAt);
  });

  it.each<[unknown, string]>([
    [undefined, 'AssumeRoleWithWebIdentityResult'],
    [{}, 'Credentials'],
    [{ Credentials: {} }, 'AssumedRoleUser'],
    [answer({ AccessKeyId: undefined }), 'Credentials.AccessKeyId'],
    [answer({ SecretAccessKey: '' }), 'Credentials.SecretAccessKey'],
    [answer({ SessionToken: 5 }), 'Credentials.SessionToken'],
    [answer({ SessionToken: 'a\r\nx-evil: 1' }), 'Credentials.SessionToken'],
    [answer({ Expiration: undefined }), 'Credentials.Expiration'],
    [answer({ Expiration: 'soon' }), 'Credentials.Expiration'],
    [answer({ Expiration: '2026-13-45T00:00:00Z' }), 'Credentials.Expiration'],
    [answer({ Expiration: new Date(Number.NaN) }), 'Credentials.Expiration'],
    [answer({ Expiration: '1970-01-01T00:00:00Z' }), 'Credentials.Expiration'],
    [answer({ Expiration: at }), 'Credentials.Expiration'],
    [answer({}, { Arn: undefined }), 'AssumedRoleUser.Arn'],
    [answer({}, { Arn: 'nothing:like:it' }), 'AssumedRoleUser.Arn'],
    [answer({}, { Arn: 'arn:aws:sts::12:assumed-role/app/x' }), 'AssumedRoleUser.Arn'],
  ])('%j is refused, and the error names the field', (result, field) => {
    const error = thrownBy(() => parse(result));
    expect(error).toBeInstanceOf(ResponseError);
    expect((error as ResponseError).fault).toMatch(new RegExp(`^${field} `));
  });

  describe('is bound to the request', () => {
    const subject = 'owner:acme:project:shop:environment:production';
    const ofRole = (roleArn: string) => ({ roleArn, subject });
    const about = (Arn: string, more: object = {}): object => ({ ...answer({}, { Arn }), ...more });
    const requested = ofRole('arn:aws:iam::123456789012:role/some/path/app');
    const ARN = 'arn:aws:sts::123456789012:assumed-role/app/credex';

    it.each<readonly [string, object, typeof requested]>([
      ['the role', about(ARN), requested],
      ['the role and the subject', about(ARN, { SubjectFromWebIdentityToken: subject }), requested],
      ...['aws-cn', 'aws-us-gov'].map(
        (partition) =>
          [
            `a role of ${partition}`,
            about(ARN.replace('arn:aws:', `arn:${partition}:`)),
            ofRole(`arn:${partition}:iam::123456789012:role/app`),
          ] as const,
      ),
    ])('a response about %s is accepted', (_what, result, session) => {
      expect(parse(result, session).accountId).toBe('123456789012');
    });

    it.each([
      ['another account', about(ARN.replace('123456789012', '210987654321')), 'AssumedRoleUser.Arn'],
      ['another partition', about(ARN.replace('arn:aws:', 'arn:aws-cn:')), 'AssumedRoleUser.Arn'],
      ['another role', about(ARN.replace('/app/', '/admin/')), 'AssumedRoleUser.Arn'],
      ['a longer name', about(ARN.replace('/app/', '/app-admin/')), 'AssumedRoleUser.Arn'],
      ['no role', about('arn:aws:sts::123456789012:federated-user/app/x'), 'AssumedRoleUser.Arn'],
      [
        'another subject',
        about(ARN, { SubjectFromWebIdentityToken: 'owner:evil' }),
        'SubjectFromWebIdentityToken',
      ],
    ])('a response about %s is refused', (_what, result, field) => {
      const error = thrownBy(() => parse(result, requested)) as Error;
      expect((error as ResponseError).fault).toMatch(new RegExp(`^${field} `));
      expect(error.message).toContain(field === 'AssumedRoleUser.Arn' ? requested.roleArn : subject);
      expect(() => parse(result)).not.toThrow();
    });
  });

  it('never repeats the value of a field', () => {
    const error = thrownBy(() => parse(answer({ SessionToken: 'CANARY\n' })));
    expect(String((error as Error).stack)).not.toContain('CANARY');
  });
});

describe('a record out of a store', () => {
  const record = parse(answer());

  it('comes back as it went in, without what was added', () => {
    expect(parseStoredAwsCredentials({ ...record, extra: 1 })).toEqual(record);
    expect(parseStoredAwsCredentials(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it.each(Object.keys(record))('is refused without %s', (field) => {
    expect(() => parseStoredAwsCredentials({ ...record, [field]: undefined })).toThrow(TypeError);
  });

  it('is refused if it is of another account than the role', () => {
    const roleArn = `arn:aws:iam::${record.accountId}:role/shop`;
    expect(parseStoredAwsCredentials(record, roleArn)).toEqual(record);
    const other = 'arn:aws:iam::210987654321:role/shop';
    expect(() => parseStoredAwsCredentials(record, other)).toThrow("accountId is not the role's account");
  });

  it.each([null, 'text', { ...record, expiresAt: at / 1000 }, { ...record, accountId: '1' }])(
    'is refused: %j',
    (value) => {
      expect(() => parseStoredAwsCredentials(value)).toThrow(TypeError);
    },
  );
});

describe('the body of a response', () => {
  const CREDENTIAL = {
    accessKeyId: 'ASIAEXAMPLE1',
    secretAccessKey: 'secret/+1',
    sessionToken: 'session==1',
  };
  const parsed = (body: string, status = 200) =>
    parseStsResponse(
      { status, headers: { date: 'Sun, 22 Nov 2026 10:00:00 GMT' }, body },
      awsConfiguration({ roleArn: ROLE, durationSeconds: 900 }),
      undefined,
    );
  const asJson = (result: unknown): string =>
    JSON.stringify({ AssumeRoleWithWebIdentityResponse: { AssumeRoleWithWebIdentityResult: result } });

  it('is XML, with or without a namespace, a declaration and metadata', () => {
    expect(parsed(issuedXml())).toMatchObject({
      credential: CREDENTIAL,
      serverDate: Date.parse('2026-11-22T10:00:00Z'),
      maxLifetimeMs: 900_000,
    });
    const bare = issuedXml()
      .replace(/ xmlns="[^"]*"/, '')
      .replace(/<ResponseMetadata>.*<\/ResponseMetadata>/s, '<Extra><More>x</More><More/></Extra>');
    const declared = `<?xml version="1.0" encoding="UTF-8"?>\n${bare}\n`;
    expect(parsed(declared)).toMatchObject({ credential: CREDENTIAL });
  });

  it('is JSON, with the expiration in epoch seconds', () => {
    const json = asJson(answer({ Expiration: at / 1000 }));
    expect(parsed(` ${json}`).credential).toMatchObject({ accessKeyId: 'ASIAEXAMPLE', expiresAt: at });
  });

  it.each(['<a/>', '{}', asJson(undefined), '{"AssumeRoleWithWebIdentityResponse":null}'])(
    'has no result: %s',
    (body) => {
      expect(() => parsed(body)).toThrow('AssumeRoleWithWebIdentityResult is missing');
    },
  );

  it.each(['[]', '{"AssumeRole', '"text"', '', '<html>'])('is refused: %j', (body) => {
    expect(thrownBy(() => parsed(body))).toMatchObject({ fault: expect.stringMatching(/^the body is not/) });
  });

  it('is read only from a status of success', () => {
    const error = thrownBy(() => parsed(issuedXml(), 400));
    expect(error).toBeInstanceOf(ResponseError);
    expect(error).toMatchObject({ fault: undefined, message: 'The response has status 400.' });
  });
});
