import { beforeEach, describe, expect, it } from 'vitest';
import {
  NOT_VALIDATED,
  ACCOUNT,
  AUDIENCE,
  element,
  ISSUER,
  PROVIDER,
  refusal,
  ROLE,
  START,
  SUBJECT,
  testAws,
  TRUST,
  trusting,
  webIdentityForm,
  type TestAws,
} from '../aws.fixture.js';

const DENIED = [403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity'];
const invalid = (message: string) => [400, 'InvalidIdentityToken', message];

let aws: TestAws;
beforeEach(() => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST, maxSessionDuration: 7200 });
});

const exchange = async (form: Record<string, string> = {}, request = {}) =>
  aws.sts({ ...(await webIdentityForm(aws)), ...form }, request);
const present = async (token: Parameters<TestAws['token']>[0]) =>
  refusal(await aws.sts(await webIdentityForm(aws, token)));

describe('a condition of which no document says what AWS does', () => {
  const open = { 'ForAnyValue:StringEqualsIfExists': { 'absent:key': 'x' } };
  const [statement] = [TRUST.Statement].flat();

  it.each([
    ['an Allow', [{ ...statement, Condition: open }]],
    ['a Deny next to an Allow', [statement, { ...statement, Effect: 'Deny', Condition: open }]],
  ])('is refused in %s, and the log says so', async (_name, Statement) => {
    const trustPolicy = { Version: '2012-10-17', Statement } as typeof TRUST;
    aws.admin.updateRole({ arn: ROLE, trustPolicy });
    const response = await exchange();
    expect(refusal(response)).toEqual(DENIED);
    expect(JSON.stringify(response.log)).toContain('the emulator cannot decide the trust policy');
  });
});

describe('a good exchange', () => {
  it('answers what STS answers', async () => {
    const answer = await exchange();
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'text/xml' });
    expect(answer.headers?.['x-amzn-requestid']).toBe(element(answer, 'RequestId'));
    expect(String(answer.body)).toMatch(
      /^<AssumeRoleWithWebIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">\n {2}<AssumeRoleWithWebIdentityResult>\n/,
    );
    expect(element(answer, 'AccessKeyId')).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(element(answer, 'SecretAccessKey')).toMatch(/^[A-Za-z0-9+/]{40}$/);
    expect(element(answer, 'SessionToken')).toMatch(/^IQoJb3JpZ2luX2Vj[A-Za-z0-9+/]{400,}=*$/);
    expect(element(answer, 'Expiration')).toBe('2026-11-22T13:00:00Z');
    expect(element(answer, 'Arn')).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/shop/vercel-shop`);
    expect(element(answer, 'AssumedRoleId')).toMatch(/^AROA[A-Z2-7]{17}:vercel-shop$/);
    expect(element(answer, 'SubjectFromWebIdentityToken')).toBe(SUBJECT);
    expect(element(answer, 'Audience')).toBe(AUDIENCE);
    expect(element(answer, 'Provider')).toBe(`arn:aws:iam::${ACCOUNT}:oidc-provider/${PROVIDER}`);
    expect(element(answer, 'PackedPolicySize')).toBeUndefined();
  });

  it('gives other credentials each time', async () => {
    const keys = [await exchange(), await exchange()].map((answer) => element(answer, 'AccessKeyId'));
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('takes the duration that was asked for', async () => {
    expect(element(await exchange({ DurationSeconds: '900' }), 'Expiration')).toBe('2026-11-22T12:15:00Z');
    expect(element(await exchange({ DurationSeconds: '7200' }), 'Expiration')).toBe('2026-11-22T14:00:00Z');
  });

  it('works as a GET, needing no signature', async () => {
    const query = new URLSearchParams(await webIdentityForm(aws));
    const answer = await aws.sts({}, { method: 'GET', query, rawQuery: query.toString() });
    expect(answer.status).toBe(200);
  });

  it('notes who asked for what, and no secret', async () => {
    const form = await webIdentityForm(aws);
    const answer = await aws.sts(form, { host: 'sts.eu-west-1.amazonaws.com' });
    expect(answer.log).toEqual({
      action: 'AssumeRoleWithWebIdentity',
      role: ROLE,
      session: 'vercel-shop',
      region: 'eu-west-1',
      signed: 'false',
      verdict: 'allowed',
      subject: SUBJECT,
      audience: AUDIENCE,
    });
    const refused = await exchange({ RoleArn: `${ROLE}-of-another-name` });
    for (const { log } of [answer, refused]) {
      expect(JSON.stringify(log)).not.toContain(form['WebIdentityToken']);
      expect(JSON.stringify(log)).not.toContain(element(answer, 'SecretAccessKey'));
    }
  });

  it('drops the path from the session ARN', async () => {
    const arn = `arn:aws:iam::${ACCOUNT}:role/vercel/production/shop`;
    aws.admin.createRole({ arn, trustPolicy: TRUST });
    const answer = await exchange({ RoleArn: arn });
    expect(element(answer, 'Arn')).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/shop/vercel-shop`);
  });
});

describe('the token is judged first', () => {
  it.each([
    ['no JWT', 'not.a.jwt'],
    ['an access token', 'opaque-access-token'],
  ])('%s', async (_, token) => {
    expect(refusal(await exchange({ WebIdentityToken: token }))).toEqual(
      invalid(
        'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
      ),
    );
  });

  it('an issuer without provider in the account', async () => {
    expect(await present({ team: 'other' })).toEqual(invalid(NOT_VALIDATED));
    expect(await present({ issuerMode: 'global' })).toEqual(invalid(NOT_VALIDATED));
    expect(refusal(await exchange({ RoleArn: 'arn:aws:iam::999999999999:role/shop' }))).toEqual(
      invalid(NOT_VALIDATED),
    );
  });

  it('another audience', async () => {
    expect(await present({ audience: 'https://vercel.com/ACME' })).toEqual(invalid(NOT_VALIDATED));
  });

  it('the authorized party, where there is one, in place of the audience', async () => {
    expect(await present({ claims: { azp: 'someone-else' } })).toEqual(invalid(NOT_VALIDATED));
  });

  it('an end that has passed', async () => {
    const form = await webIdentityForm(aws, { lifetimeSeconds: 60 });
    // AWS allows five minutes between the clocks.
    aws.clock.time += 360_000;
    const [now, end] = [START / 1000 + 360, START / 1000 + 60];
    expect(refusal(await aws.sts(form))).toEqual([
      400,
      'ExpiredTokenException',
      `Token expired: current date/time ${now} must be before the expiration date/time ${end}`,
    ]);
    aws.clock.time -= 1000;
    expect((await aws.sts(form)).status).toBe(200);
  });

  it.each([
    ['a key that is in no JWKS', { signWith: 'unpublished' }, /^Couldn't retrieve verification key from/],
    ['a payload changed after signing', { tamper: true }, /^Token signature invalid$/],
    ['no signature', { header: { alg: 'none' } }, /^The ID Token provided is not a valid JWT/],
    ['the public key as a secret', { header: { alg: 'HS256' } }, /^The ID Token provided is not a valid JWT/],
    ['a beginning in the future', { notBefore: START / 1000 + 301 }, /^Token not yet valid/],
    ['an issue in the future', { issuedAt: START / 1000 + 301 }, /^Token issued in the future: /],
    [
      'several audiences without an authorized party',
      { audience: [AUDIENCE, 'https://api.example'] },
      /^Token audience contains more than one audience while authorized party is not present$/,
    ],
    ['no subject', { claims: { sub: undefined } }, /^Missing a required claim: sub$/],
    ['no audience', { claims: { aud: undefined } }, /^Missing a required claim: aud$/],
    ['no end', { claims: { exp: undefined } }, /^Missing a required claim: exp$/],
  ] as const)('%s', async (_, token, message) => {
    const [status, code, said] = await present(token);
    expect([status, code]).toEqual([400, 'InvalidIdentityToken']);
    expect(said).toMatch(message);
  });

  it('keys that cannot be fetched', async () => {
    aws.setIssuerReachable(false);
    expect((await present({})).slice(0, 2)).toEqual([400, 'IDPCommunicationError']);
  });

  it('before it is said that there is no such role', async () => {
    const form = { ...(await webIdentityForm(aws, { tamper: true })), RoleArn: `${ROLE}-missing` };
    expect(refusal(await aws.sts(form))[1]).toBe('InvalidIdentityToken');
  });
});

describe('authorization', () => {
  it('says the same of a missing role and of an untrusting one', async () => {
    expect(refusal(await exchange({ RoleArn: `${ROLE}-missing` }))).toEqual(DENIED);
    expect(await present({ project: 'blog' })).toEqual(DENIED);
    expect(await present({ environment: 'preview' })).toEqual(DENIED);
  });

  it('compares a subject with regard to case', async () => {
    expect(await present({ claims: { sub: SUBJECT.toUpperCase() } })).toEqual(DENIED);
  });

  it.each([
    ['another provider', { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.vercel.com/other` }],
    [
      'the same provider of another account',
      { Federated: `arn:aws:iam::999999999999:oidc-provider/${PROVIDER}` },
    ],
    ['another partition', { Federated: `arn:aws-cn:iam::${ACCOUNT}:oidc-provider/${PROVIDER}` }],
    ['the account itself', { AWS: ACCOUNT }],
    ['every principal of AWS', { AWS: '*' }],
  ])('does not take for the principal: %s', async (_, Principal) => {
    const arn = `${ROLE}-2`;
    aws.admin.createRole({ arn, trustPolicy: trusting({}, { Principal, Condition: undefined }) });
    expect(refusal(await exchange({ RoleArn: arn }))).toEqual(DENIED);
  });

  it('takes everyone for the principal', async () => {
    const arn = `${ROLE}-everyone`;
    const trustPolicy = trusting({}, { Principal: '*', Condition: undefined });
    aws.admin.createRole({ arn, trustPolicy });
    expect((await exchange({ RoleArn: arn })).status).toBe(200);
  });

  it('does not take sts:AssumeRole for its own action', async () => {
    aws.admin.updateRole({ arn: ROLE, trustPolicy: trusting({}, { Action: 'sts:AssumeRole' }) });
    expect(refusal(await exchange())).toEqual(DENIED);
    aws.admin.updateRole({
      arn: ROLE,
      trustPolicy: trusting({}, { Action: ['sts:TagSession', 'sts:Assume*'] }),
    });
    expect((await exchange()).status).toBe(200);
  });

  it('lets a Deny win', async () => {
    const allow = trusting({}).Statement;
    const deny = trusting(
      { StringLike: { [`${PROVIDER}:sub`]: '*:environment:production' } },
      { Effect: 'Deny' },
    ).Statement;
    aws.admin.updateRole({
      arn: ROLE,
      trustPolicy: { Version: '2012-10-17', Statement: [allow, deny].flat() },
    });
    expect(refusal(await exchange())).toEqual(DENIED);
    expect((await aws.sts(await webIdentityForm(aws, { environment: 'preview' }))).status).toBe(200);
  });

  it('knows no key for a claim that AWS does not expose', async () => {
    aws.admin.updateRole({
      arn: ROLE,
      trustPolicy: trusting({ StringEquals: { [`${PROVIDER}:project_id`]: 'prj_shop' } }),
    });
    expect(refusal(await exchange())).toEqual(DENIED);
  });

  it('names keys by the whole provider, not by its host', async () => {
    aws.admin.updateRole({
      arn: ROLE,
      trustPolicy: trusting({ StringEquals: { 'oidc.vercel.com:sub': SUBJECT } }),
    });
    expect(refusal(await exchange())).toEqual(DENIED);
  });

  it('trusts the global issuer under its own name', async () => {
    const arn = `${ROLE}-global`;
    aws.admin.createOpenIdConnectProvider({
      accountId: ACCOUNT,
      url: 'https://oidc.vercel.com',
      clientIds: [AUDIENCE],
    });
    aws.admin.createRole({
      arn,
      trustPolicy: trusting(
        { StringEquals: { 'oidc.vercel.com:sub': SUBJECT, 'oidc.vercel.com:aud': AUDIENCE } },
        { Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.vercel.com` } },
      ),
    });
    const form = { ...(await webIdentityForm(aws, { issuerMode: 'global' })), RoleArn: arn };
    expect((await aws.sts(form)).status).toBe(200);
  });

  it('maps aud to the authorized party, and the audience to oaud', async () => {
    aws.admin.updateRole({
      arn: ROLE,
      trustPolicy: trusting({
        StringEquals: { [`${PROVIDER}:aud`]: AUDIENCE, [`${PROVIDER}:oaud`]: 'https://api.example' },
      }),
    });
    const token = { audience: 'https://api.example', claims: { azp: AUDIENCE } };
    expect((await aws.sts(await webIdentityForm(aws, token))).status).toBe(200);
  });
});
