import { beforeEach, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  AUDIENCE,
  element,
  ISSUER,
  plainRequest,
  refusal,
  ROLE,
  sha256,
  testAws,
  TRUST,
  webIdentityForm,
  type TestAws,
} from '../aws.fixture.js';

const WHO = { Action: 'GetCallerIdentity', Version: '2011-06-15' };
const MISMATCH = /^The request signature we calculated does not match the signature you provided\./;

let aws: TestAws;
beforeEach(() => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST });
});

describe('finding the operation', () => {
  it.each([
    [{ Action: 'NoSuchAction', Version: '2011-06-15' }, 'NoSuchAction for version 2011-06-15'],
    [{ Action: 'GetCallerIdentity' }, 'GetCallerIdentity for version NO_VERSION_SPECIFIED'],
    [{ Action: 'GetCallerIdentity', Version: '2000-01-01' }, 'GetCallerIdentity for version 2000-01-01'],
  ])('%o', async (form, rest) => {
    const answer = await aws.sts(form);
    expect(refusal(answer)).toEqual([400, 'InvalidAction', `Could not find operation ${rest}`]);
    expect(answer.body).toContain('xmlns="http://webservices.amazon.com/AWSFault/2005-15-09"');
  });

  it('sends a request without action, or without a form, to a page', async () => {
    const form = await webIdentityForm(aws);
    for (const answer of [await aws.sts({}), await aws.sts(form, { headers: {} })]) {
      expect([answer.status, answer.headers?.['location']]).toEqual([302, 'https://aws.amazon.com/iam']);
    }
  });

  it.each([{ path: '/path' }, { method: 'PUT' }])('knows nothing else: %o', async (request) => {
    expect((await aws.send('aws-sts', plainRequest(request))).status).toBe(404);
  });

  it('asks a GET for its signature as well', async () => {
    const query = new URLSearchParams(WHO);
    const answer = await aws.sts({}, { method: 'GET', query, rawQuery: query.toString() });
    expect(refusal(answer)).toEqual([
      403,
      'MissingAuthenticationToken',
      'Request is missing Authentication Token',
    ]);
  });
});

describe('GetCallerIdentity, signed by a session', () => {
  it('says who it is', async () => {
    const answer = await aws.signedSts(WHO, await aws.credentials());
    expect(element(answer, 'Arn')).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/shop/vercel-shop`);
    expect(element(answer, 'UserId')).toMatch(/^AROA[A-Z2-7]{17}:vercel-shop$/);
    expect(element(answer, 'Account')).toBe(ACCOUNT);
  });

  it.each(['us-east-1', 'eu-central-1'])('at a regional name, for %s', async (region) => {
    const host = `sts.${region}.amazonaws.com`;
    const credentials = await aws.credentials();
    expect((await aws.signedSts(WHO, credentials, { host, region })).status).toBe(200);
    expect(refusal(await aws.signedSts(WHO, credentials, { host, region: 'ap-south-1' }))).toEqual([
      403,
      'SignatureDoesNotMatch',
      'Credential should be scoped to a valid region. ',
    ]);
    expect(
      refusal(await aws.signedSts(WHO, credentials, { host, region: 'ap-south-1', service: 's3' })),
    ).toEqual([
      403,
      'SignatureDoesNotMatch',
      "Credential should be scoped to a valid region. Credential should be scoped to correct service: 'sts'. ",
    ]);
  });

  it.each([
    ['the body', () => ({ body: Buffer.from('Action=GetCallerIdentity&Version=2011-06-15&More=1') })],
    ['the path', () => ({ path: '/', query: new URLSearchParams('more=1') })],
    ['the host', () => ({ host: 'localhost' })],
  ])('a change of %s breaks the signature', async (_, change) => {
    const [status, code, message] = refusal(await aws.signedSts(WHO, await aws.credentials(), { change }));
    expect([status, code]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(message).toMatch(MISMATCH);
  });

  it('another secret key breaks the signature', async () => {
    const credentials = { ...(await aws.credentials()), secretAccessKey: 'x'.repeat(40) };
    expect(refusal(await aws.signedSts(WHO, credentials))[2]).toMatch(MISMATCH);
  });

  it('hashes the body itself, whatever a signed header says of it', async () => {
    const form = new URLSearchParams(WHO).toString();
    const headers = { 'x-amz-content-sha256': sha256(form) };
    const credentials = await aws.credentials();
    expect((await aws.signedSts(WHO, credentials, { headers })).status).toBe(200);
    const change = () => ({ body: Buffer.from(`${form}&More=1`) });
    expect(refusal(await aws.signedSts(WHO, credentials, { headers, change }))[2]).toMatch(MISMATCH);
    const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    expect(refusal(await aws.signedSts(WHO, credentials, { headers: unsigned }))[2]).toMatch(MISMATCH);
  });

  it.each([
    ['an unknown key', { accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }],
    ['no session token', { sessionToken: undefined }],
    ['a changed session token', { sessionToken: 'IQoJb3JpZ2luX2VjAAAA' }],
  ])('%s', async (_, wrong) => {
    const credentials = { ...(await aws.credentials()), ...wrong };
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const given = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    expect(refusal(await aws.signedSts(WHO, given))).toEqual([
      403,
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
    ]);
  });

  it('a session token of another session', async () => {
    const [one, other] = [await aws.credentials(), await aws.credentials()];
    const mixed = { ...one, sessionToken: other.sessionToken };
    expect(refusal(await aws.signedSts(WHO, mixed))[1]).toBe('InvalidClientTokenId');
  });

  it('ends with its session', async () => {
    const credentials = await aws.credentials({ DurationSeconds: '900' });
    aws.clock.time += 899_000;
    expect((await aws.signedSts(WHO, credentials)).status).toBe(200);
    aws.clock.time += 1000;
    expect(refusal(await aws.signedSts(WHO, credentials))).toEqual([
      403,
      'ExpiredToken',
      'The security token included in the request is expired',
    ]);
  });

  it('ends with its role, also where one of that name is created again', async () => {
    const credentials = await aws.credentials();
    aws.admin.deleteRole(ROLE);
    aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST });
    expect(refusal(await aws.signedSts(WHO, credentials))[1]).toBe('InvalidClientTokenId');
  });

  it('must be of this time', async () => {
    const credentials = await aws.credentials();
    const at = async (offset: number) =>
      refusal(await aws.signedSts(WHO, credentials, { time: aws.clock.time + offset }));
    expect((await at(-300_000))[0]).toBe(200);
    expect((await at(300_000))[0]).toBe(200);
    expect(await at(-301_000)).toEqual([
      403,
      'SignatureDoesNotMatch',
      'Signature expired: 20261122T115459Z is now earlier than 20261122T115500Z (20261122T120000Z - 5 min.)',
    ]);
    expect((await at(301_000))[2]).toMatch(
      /^Signature not yet current: 20261122T120501Z is still later than/,
    );
  });

  it('must sign its session token', async () => {
    const { sessionToken, ...keys } = await aws.credentials();
    const answer = await aws.signedSts(WHO, keys, {
      change: ({ headers }) => ({ headers: { ...headers, 'x-amz-security-token': sessionToken } }),
    });
    expect(refusal(answer)).toEqual([
      403,
      'SignatureDoesNotMatch',
      "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization header.",
    ]);
  });

  it.each(['Bearer token', 'AWS4-HMAC-SHA256 Credential=A/20261122/us-east-1/sts/aws4_request'])(
    'an incomplete header: %s',
    async (authorization) => {
      const answer = await aws.sts(WHO, {
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization },
      });
      expect(refusal(answer).slice(0, 2)).toEqual([400, 'IncompleteSignature']);
    },
  );
});

describe('planted faults, in the words of STS', () => {
  it.each([
    ['throttle', undefined, 400, 'Throttling', 'Sender'],
    ['status', 503, 503, 'ServiceUnavailable', 'Receiver'],
    ['status', 500, 500, 'InternalFailure', 'Receiver'],
    ['status', 403, 403, 'AccessDenied', 'Sender'],
  ] as const)('%s %s', async (kind, asked, status, code, type) => {
    const service = aws.services.find(({ name }) => name === 'aws-sts');
    const answer = await service?.faultAnswer?.(kind, plainRequest({}), asked);
    if (answer === undefined) throw new Error('no answer');
    expect(refusal(answer).slice(0, 2)).toEqual([status, code]);
    expect(element(answer, 'Type')).toBe(type);
  });
});
