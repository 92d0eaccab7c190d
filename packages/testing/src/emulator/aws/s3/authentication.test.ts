import { beforeEach, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  AUDIENCE,
  element,
  ISSUER,
  plainRequest,
  refusal,
  ROLE,
  testAws,
  TRUST,
  type Credentials,
  type S3Request,
  type SigningOptions,
  type TestAws,
} from '../aws.fixture.js';

const FULL = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: ['arn:aws:s3:::shop', 'arn:aws:s3:::shop/*'] }],
};

let aws: TestAws;
let role: Required<Credentials>;
beforeEach(async () => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST, policies: [FULL] });
  aws.admin.createBucket({ name: 'shop', accountId: ACCOUNT, region: 'us-east-1' });
  role = await aws.credentials();
});

const s3 = (request: S3Request, how?: SigningOptions) => aws.s3(request, role, how);
const put = (path = '/shop/a.txt', body = 'hello', headers = {}) =>
  s3({ method: 'PUT', path, body, headers });
const get = (path = '/shop/a.txt', how?: SigningOptions) => s3({ method: 'GET', path }, how);

describe('who it is', () => {
  it('must be said', async () => {
    const answer = await aws.send('aws-s3', plainRequest({ path: '/shop/a.txt' }));
    expect(refusal(answer)).toEqual([403, 'AccessDenied', 'Access Denied']);
    const bearer = plainRequest({ path: '/shop/a.txt', headers: { authorization: 'Bearer token' } });
    expect(refusal(await aws.send('aws-s3', bearer))[1]).toBe('InvalidArgument');
  });

  it('must be said by Signature Version 4', async () => {
    const query = new URLSearchParams({ AWSAccessKeyId: 'AKIA', Expires: '1', Signature: 'a' });
    expect(refusal(await aws.send('aws-s3', plainRequest({ path: '/shop/a.txt', query })))).toEqual([
      400,
      'InvalidRequest',
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    ]);
  });

  it.each([
    ['another secret key', { secretAccessKey: 'x'.repeat(40) }, [403, 'SignatureDoesNotMatch']],
    ['an unknown key', { accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }, [403, 'InvalidAccessKeyId']],
    ['a token never issued', { sessionToken: 'IQoJb3JpZ2luX2VjAAAA' }, [400, 'InvalidToken']],
  ])('%s', async (_, wrong, expected) => {
    role = { ...role, ...wrong };
    expect(refusal(await get()).slice(0, 2)).toEqual(expected);
  });

  it('needs the session token that came with the key', async () => {
    const { accessKeyId, secretAccessKey } = role;
    const bare = await aws.s3({ method: 'GET', path: '/shop/a.txt' }, { accessKeyId, secretAccessKey });
    expect(refusal(bare)[1]).toBe('InvalidAccessKeyId');
    role = { ...role, sessionToken: (await aws.credentials()).sessionToken };
    expect(refusal(await get())[1]).toBe('InvalidAccessKeyId');
  });

  it('needs the session token signed', async () => {
    const { sessionToken, ...keys } = role;
    const answer = await aws.s3({ method: 'GET', path: '/shop/a.txt' }, keys, {
      change: ({ headers }) => ({ headers: { ...headers, 'x-amz-security-token': sessionToken } }),
    });
    expect(refusal(answer)).toEqual([
      403,
      'AccessDenied',
      'There were headers present in the request which were not signed',
    ]);
    expect(element(answer, 'HeadersNotSigned')).toBe('x-amz-security-token');
  });

  it('ends with the session', async () => {
    aws.clock.time += 3_600_000;
    expect(refusal(await get())).toEqual([400, 'ExpiredToken', 'The provided token has expired.']);
  });

  it.each([
    ['the path', { path: '/shop/b.txt' }],
    ['the query', { query: new URLSearchParams('x-id=GetObject') }],
    ['the method', { method: 'DELETE' }],
    ['the host', { host: 'localhost:1' }],
  ])('is no longer sure after a change of %s', async (_, change) => {
    const answer = await get('/shop/a.txt', { change: () => change });
    expect(refusal(answer).slice(0, 2)).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it('must be of this time, within 15 minutes', async () => {
    await put();
    const at = async (offset: number) => refusal(await get('/shop/a.txt', { time: aws.clock.time + offset }));
    expect((await at(-900_000))[0]).toBe(200);
    expect((await at(-901_000)).slice(0, 2)).toEqual([403, 'RequestTimeTooSkewed']);
    expect((await at(901_000)).slice(0, 2)).toEqual([403, 'RequestTimeTooSkewed']);
  });

  it('must be signed for this region and service, the region said first', async () => {
    const wrong = await get('/shop/a.txt', { region: 'eu-west-1', service: 'sts' });
    expect(refusal(wrong)).toEqual([
      400,
      'AuthorizationHeaderMalformed',
      "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    ]);
    expect([element(wrong, 'Region'), wrong.headers?.['x-amz-bucket-region']]).toEqual([
      'us-east-1',
      'us-east-1',
    ]);
    expect(refusal(await get('/shop/a.txt', { service: 'sts' }))[2]).toContain('incorrect service "sts"');
  });

  it('is sent on from another region’s endpoint', async () => {
    const answer = await get('/a.txt', { host: 'shop.s3.eu-west-1.amazonaws.com', region: 'eu-west-1' });
    expect(refusal(answer).slice(0, 2)).toEqual([301, 'PermanentRedirect']);
    expect(answer.headers?.['x-amz-bucket-region']).toBe('us-east-1');
  });
});
