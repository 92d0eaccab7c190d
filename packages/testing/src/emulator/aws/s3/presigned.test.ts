import { beforeEach, describe, expect, it } from 'vitest';
import type { ServiceRequest } from '../../service.js';
import {
  ACCOUNT,
  AUDIENCE,
  element,
  ISSUER,
  refusal,
  ROLE,
  START,
  testAws,
  TRUST,
  type Credentials,
  type PresignOptions,
  type S3Request,
  type TestAws,
} from '../aws.fixture.js';

const FULL = { Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } };
const SECOND = 1000;

let aws: TestAws;
let role: Required<Credentials>;
beforeEach(async () => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST, policies: [FULL] });
  aws.admin.createBucket({ name: 'shop', accountId: ACCOUNT, region: 'us-east-1' });
  role = await aws.credentials({ DurationSeconds: '3600' });
  await aws.s3({ method: 'PUT', path: '/shop/a.txt', body: 'hello' }, role);
});

const send = (request: ServiceRequest) => aws.send('aws-s3', request);
const get = async (how?: PresignOptions, request: Partial<S3Request> = {}) =>
  send(await aws.presigned({ method: 'GET', path: '/shop/a.txt', ...request }, role, how));
/** The query with one parameter set, or without it. */
const having =
  (name: string, value?: string) =>
  ({ query }: ServiceRequest): Partial<ServiceRequest> => {
    const changed = new URLSearchParams(query);
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
    return { query: changed };
  };

describe('a presigned URL', () => {
  it('reads, looks at, writes and deletes an object', async () => {
    expect(Buffer.from((await get()).body as Uint8Array).toString()).toBe('hello');
    expect((await get({}, { method: 'HEAD' })).status).toBe(200);
    const put = await aws.presigned({ method: 'PUT', path: '/shop/b', body: 'more' }, role);
    expect((await send(put)).status).toBe(200);
    // As often as one likes.
    expect((await send({ ...put, body: Buffer.from('other') })).status).toBe(200);
    expect((await get({}, { method: 'DELETE', path: '/shop/b' })).status).toBe(204);
    expect(refusal(await get({}, { path: '/shop/b' }))[1]).toBe('NoSuchKey');
  });

  it('lists, and names headers of the answer', async () => {
    const list = await get({}, { path: '/shop', query: { 'list-type': '2', prefix: 'a' } });
    expect(element(list, 'Key')).toBe('a.txt');
    const query = {
      'response-content-disposition': 'attachment; filename="x.txt"',
      'response-content-type': 'a/b',
    };
    expect((await get({}, { query })).headers).toMatchObject({
      'content-disposition': 'attachment; filename="x.txt"',
      'content-type': 'a/b',
    });
  });

  it('brings headers in its query', async () => {
    const request = { method: 'PUT', path: '/shop/b', body: 'more', headers: { 'x-amz-meta-by': 'me' } };
    const put = await aws.presigned(request, role);
    expect(put.query.get('x-amz-meta-by')).toBe('me');
    expect((await send(put)).status).toBe(200);
    expect((await get({}, { path: '/shop/b' })).headers).toMatchObject({ 'x-amz-meta-by': 'me' });
    const copy = { method: 'PUT', path: '/shop/c', headers: { 'x-amz-copy-source': '/shop/a.txt' } };
    expect(refusal(await send(await aws.presigned(copy, role)))[1]).toBe('NotImplemented');
  });

  it('does not look at a checksum in its query, which its signer could not know', async () => {
    const checksum = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-sdk-checksum-algorithm': 'CRC32' };
    const put = await aws.presigned(
      { method: 'PUT', path: '/shop/b', body: 'more', headers: checksum },
      role,
    );
    expect(put.query.get('x-amz-checksum-crc32')).toBe('AAAAAA==');
    expect((await send(put)).headers).toHaveProperty('x-amz-checksum-crc64nvme');
    // It is signed all the same.
    const other = having('x-amz-checksum-crc32', 'BBBBBB==')(put);
    expect(refusal(await send({ ...put, ...other }))[1]).toBe('SignatureDoesNotMatch');
  });

  it('may do what its signer may do when it is used', async () => {
    const request = await aws.presigned({ method: 'GET', path: '/shop/a.txt' }, role);
    aws.admin.updateRole({ arn: ROLE, policies: [] });
    expect(refusal(await send(request)).slice(0, 2)).toEqual([403, 'AccessDenied']);
  });
});

describe('its time', () => {
  it('ends after X-Amz-Expires seconds', async () => {
    const request = await aws.presigned({ method: 'GET', path: '/shop/a.txt' }, role, { expiresIn: 60 });
    aws.clock.time = START + 60 * SECOND;
    expect((await send(request)).status).toBe(200);
    aws.clock.time += 1;
    const answer = await send(request);
    expect(answer.body).toContain(
      '<Error><Code>AccessDenied</Code><Message>Request has expired</Message><X-Amz-Expires>60</X-Amz-Expires>' +
        '<Expires>2026-11-22T12:01:00Z</Expires><ServerTime>2026-11-22T12:01:00Z</ServerTime><RequestId>',
    );
    expect(answer.status).toBe(403);
    // Said before the signature is looked at.
    const forged = { ...request, ...having('X-Amz-Signature', '0'.repeat(64))(request) };
    expect(refusal(await send(forged))[2]).toBe('Request has expired');
  });

  it('ends with the session at the latest', async () => {
    const request = await aws.presigned({ method: 'GET', path: '/shop/a.txt' }, role, { expiresIn: 7200 });
    aws.clock.time += 3600 * SECOND;
    expect(refusal(await send(request))).toEqual([400, 'ExpiredToken', 'The provided token has expired.']);
  });

  it('begins with the signature, give or take 15 minutes', async () => {
    expect((await get({ time: START + 900 * SECOND })).status).toBe(200);
    const answer = await get({ time: START + 901 * SECOND });
    expect(refusal(answer)).toEqual([403, 'AccessDenied', 'Request is not yet valid']);
    expect(element(answer, 'X-Amz-Date')).toBe(String(START + 901 * SECOND));
    expect(element(answer, 'Expires')).toBe('2026-11-22T12:30:01Z');
  });

  it.each([
    [
      '604801',
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    ],
    ['0', 'X-Amz-Expires must be non-negative'],
    ['-1', 'X-Amz-Expires must be non-negative'],
    ['1.5', 'X-Amz-Expires should be a number'],
    ['', 'X-Amz-Expires should be a number'],
  ])('is no X-Amz-Expires of %j', async (value, message) => {
    expect(refusal(await get({ change: having('X-Amz-Expires', value) }))).toEqual([
      400,
      'AuthorizationQueryParametersError',
      message,
    ]);
  });

  it('may be seven days', async () => {
    const user = aws.admin.createUser({ arn: `arn:aws:iam::${ACCOUNT}:user/signer`, policies: [FULL] });
    const request = await aws.presigned({ method: 'GET', path: '/shop/a.txt' }, user, { expiresIn: 604_800 });
    aws.clock.time += 604_800 * SECOND;
    expect((await send(request)).status).toBe(200);
  });
});

describe('its parameters', () => {
  const MISSING =
    'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.';

  it.each(['Algorithm', 'Credential', 'Signature', 'Date', 'SignedHeaders', 'Expires'])(
    'are all there: X-Amz-%s',
    async (name) => {
      expect(refusal(await get({ change: having(`X-Amz-${name}`) }))).toEqual([
        400,
        'AuthorizationQueryParametersError',
        MISSING,
      ]);
    },
  );

  const credential = (change: (parts: string[]) => readonly string[]) =>
    having(
      'X-Amz-Credential',
      change(['ASIAAAAAAAAAAAAAAAAA', '20261122', 'us-east-1', 's3', 'aws4_request']).join('/'),
    );
  const BAD = 'Error parsing the X-Amz-Credential parameter; ';

  it.each([
    [
      'another algorithm',
      having('X-Amz-Algorithm', 'AWS4-HMAC-SHA1'),
      'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
    ],
    [
      'another form of date',
      having('X-Amz-Date', '2026-11-22T12:00:00Z'),
      `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`,
    ],
    [
      'a credential cut short',
      credential((parts) => parts.slice(0, 4)),
      `${BAD}the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`,
    ],
    [
      'a date that is none',
      credential(([id, , ...rest]) => [String(id), 'today', ...rest]),
      `${BAD}incorrect date format "today". This date in the credential must be in the format "yyyyMMdd".`,
    ],
    [
      'another day',
      credential(([id, , ...rest]) => [String(id), '20261121', ...rest]),
      'Invalid credential date "20261121". This date is not the same as X-Amz-Date: "20261122".',
    ],
    [
      'another service',
      credential((parts) => parts.map((one) => (one === 's3' ? 'sts' : one))),
      `${BAD}incorrect service "sts". This endpoint belongs to "s3".`,
    ],
    [
      'another end',
      credential((parts) => parts.map((one) => (one === 'aws4_request' ? 'aws5' : one))),
      `${BAD}incorrect terminal "aws5". This endpoint uses "aws4_request".`,
    ],
  ])('are refused with %s', async (_, change, message) => {
    expect(refusal(await get({ change }))).toEqual([400, 'AuthorizationQueryParametersError', message]);
  });

  it('name the region of the bucket', async () => {
    const answer = await get({ region: 'eu-west-1' });
    expect(refusal(answer)[2]).toBe(`${BAD}the region 'eu-west-1' is wrong; expecting 'us-east-1'`);
    expect([element(answer, 'Region'), answer.headers?.['x-amz-bucket-region']]).toEqual([
      'us-east-1',
      'us-east-1',
    ]);
  });
});

describe('its signature', () => {
  it.each([
    ['another signature', having('X-Amz-Signature', '0'.repeat(64))],
    ['a longer life', having('X-Amz-Expires', '901')],
    ['another path', () => ({ path: '/shop/b.txt' })],
    ['another method', () => ({ method: 'DELETE' })],
    ['another host', () => ({ host: 'localhost:1' })],
    ['one more parameter', having('response-content-type', 'text/html')],
    ['fewer signed headers', having('X-Amz-SignedHeaders', 'host;date')],
  ])('does not hold with %s', async (_, change) => {
    const answer = await get({ change });
    expect(refusal(answer)).toEqual([
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    ]);
    expect(element(answer, 'AWSAccessKeyId')).toBe(role.accessKeyId);
  });

  it('does not hold by another secret key, nor without the token of its session', async () => {
    const signedBy = async (credentials: Credentials) =>
      refusal(await send(await aws.presigned({ method: 'GET', path: '/shop/a.txt' }, credentials))).slice(
        0,
        2,
      );
    expect(await signedBy({ ...role, secretAccessKey: 'x'.repeat(40) })).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
    const { sessionToken: _, ...bare } = role;
    expect(await signedBy(bare)).toEqual([403, 'InvalidAccessKeyId']);
    expect(await signedBy({ ...role, sessionToken: 'IQoJb3JpZ2luX2VjAAAA' })).toEqual([400, 'InvalidToken']);
  });

  it('covers every x-amz header that is sent', async () => {
    const change = ({ headers }: ServiceRequest) => ({ headers: { ...headers, 'x-amz-meta-by': 'me' } });
    const answer = await get({ change });
    expect(refusal(answer)).toEqual([
      403,
      'AccessDenied',
      'There were headers present in the request which were not signed',
    ]);
    expect(element(answer, 'HeadersNotSigned')).toBe('x-amz-meta-by');
  });

  it('covers a content type that it names, and no other', async () => {
    const put = (type: string) => ({ headers: { host: '127.0.0.1:4566', 'content-type': type } });
    const headers = { 'content-type': 'text/plain' };
    const request = { method: 'PUT', path: '/shop/b', headers };
    expect((await get({ change: () => put('text/plain') }, request)).status).toBe(200);
    expect(refusal(await get({ change: () => put('text/html') }, request))[1]).toBe('SignatureDoesNotMatch');
    const open = { method: 'PUT', path: '/shop/b' };
    expect((await get({ change: () => put('text/html') }, open)).status).toBe(200);
  });

  it('is the only one', async () => {
    const change = ({ headers }: ServiceRequest) => ({
      headers: { ...headers, authorization: 'AWS4-HMAC-SHA256 a' },
    });
    const answer = await get({ change });
    expect(refusal(answer).slice(0, 2)).toEqual([400, 'InvalidArgument']);
    expect(element(answer, 'ArgumentValue')).toBe('AWS4-HMAC-SHA256');
  });
});
