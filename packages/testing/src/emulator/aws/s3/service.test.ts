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
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/shop/vercel-shop`;

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
const notAllowed = (action: string, resource: string, because: string) => [
  403,
  'AccessDenied',
  `User: ${SESSION} is not authorized to perform: ${action} on resource: "${resource}" ${because}`,
];

describe('objects', () => {
  it('are put, read, looked at and deleted', async () => {
    const stored = await put('/shop/a.txt', 'hello', { 'content-type': 'text/plain', 'x-amz-meta-by': 'me' });
    const etag = '"5d41402abc4b2a76b9719d911017c592"';
    expect([stored.status, stored.headers?.['etag']]).toEqual([200, etag]);

    const read = await get();
    expect(Buffer.from(read.body as Uint8Array).toString()).toBe('hello');
    expect(read.headers).toMatchObject({
      etag,
      'content-type': 'text/plain',
      'content-length': '5',
      'x-amz-meta-by': 'me',
      'last-modified': 'Sun, 22 Nov 2026 12:00:00 GMT',
    });

    const head = await s3({ method: 'HEAD', path: '/shop/a.txt' });
    expect([head.status, head.body, head.headers?.['content-length']]).toEqual([200, '', '5']);
    expect((await s3({ method: 'DELETE', path: '/shop/a.txt' })).status).toBe(204);
    expect(refusal(await get())).toEqual([404, 'NoSuchKey', 'The specified key does not exist.']);
    expect((await s3({ method: 'DELETE', path: '/shop/a.txt' })).status).toBe(204);
  });

  it.each(['a b+c', 'ümlaut/☃', "it's(1)!*", 'a//b'])('has the key %s', async (key) => {
    const path = `/shop/${key
      .split('/')
      .map((part) =>
        encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
      )
      .join('/')}`;
    expect((await put(path, key)).status).toBe(200);
    expect(Buffer.from((await get(path)).body as Uint8Array).toString()).toBe(key);
    const list = await s3({ method: 'GET', path: '/shop', query: { 'list-type': '2' } });
    expect(element(list, 'Key')).toBe(key);
  });

  it('finds the bucket in the host name as well', async () => {
    await put();
    for (const host of ['shop.s3.us-east-1.amazonaws.com', 'shop.s3.amazonaws.com', 'shop.localhost:4566']) {
      expect((await get('/a.txt', { host })).status).toBe(200);
    }
  });

  it('does not write over an object that must not be there', async () => {
    const once = { 'if-none-match': '*' };
    expect((await put('/shop/once', 'a', once)).status).toBe(200);
    expect(refusal(await put('/shop/once', 'b', once)).slice(0, 2)).toEqual([412, 'PreconditionFailed']);
  });

  it.each([
    ['a subresource', { method: 'GET', query: { tagging: '' } }],
    ['a copy', { method: 'PUT', headers: { 'x-amz-copy-source': '/shop/b' } }],
    ['a part of an object', { method: 'GET', query: { partNumber: '1' } }],
    [
      'a copied part',
      {
        method: 'PUT',
        query: { partNumber: '1', uploadId: 'a' },
        headers: { 'x-amz-copy-source': '/shop/b' },
      },
    ],
    ['a list of versions', { method: 'GET', path: '/shop', query: { versions: '' } }],
  ])('says so of what it has not: %s', async (_, request) => {
    expect(refusal(await s3({ path: '/shop/a.txt', ...request })).slice(0, 2)).toEqual([
      501,
      'NotImplemented',
    ]);
  });

  it('answers a HEAD without a body, also in refusal', async () => {
    const answer = await s3({ method: 'HEAD', path: '/shop/missing' });
    expect([answer.status, answer.body]).toEqual([404, '']);
    const bucket = await s3({ method: 'HEAD', path: '/shop' });
    expect([bucket.status, bucket.headers?.['x-amz-bucket-region']]).toEqual([200, 'us-east-1']);
  });

  it('writes its errors as S3 does', async () => {
    const answer = await s3({ method: 'GET', path: '/nowhere/a' });
    expect(answer.body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message>' +
        `<BucketName>nowhere</BucketName><RequestId>${answer.headers?.['x-amz-request-id']}</RequestId><HostId>${answer.headers?.['x-amz-id-2']}</HostId></Error>`,
    );
    expect(answer.log).toEqual({
      bucket: 'nowhere',
      key: 'a',
      caller: SESSION,
      verdict: 'NoSuchBucket',
      reason: 'The specified bucket does not exist',
    });
  });
});

describe('who may', () => {
  it('is told by the role, action and resource', async () => {
    aws.admin.updateRole({
      arn: ROLE,
      policies: [
        { Statement: { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::shop/in/*' } },
      ],
    });
    expect((await put('/shop/in/a')).status).toBe(200);
    expect(refusal(await put('/shop/out/a'))).toEqual(
      notAllowed(
        's3:PutObject',
        'arn:aws:s3:::shop/out/a',
        'because no identity-based policy allows the s3:PutObject action',
      ),
    );
    expect(refusal(await get('/shop/in/a'))[2]).toContain('no identity-based policy allows the s3:GetObject');
    expect(refusal(await s3({ method: 'DELETE', path: '/shop/in/a' }))[2]).toContain('s3:DeleteObject');
  });

  it('is not told whether a key exists unless it may list', async () => {
    aws.admin.updateRole({
      arn: ROLE,
      policies: [{ Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' } }],
    });
    expect(refusal(await get('/shop/missing'))).toEqual(
      notAllowed(
        's3:ListBucket',
        'arn:aws:s3:::shop',
        'because no identity-based policy allows the s3:ListBucket action',
      ),
    );
  });

  it('loses to a Deny', async () => {
    const deny = { Statement: { Effect: 'Deny', Action: 's3:Delete*', Resource: '*' } };
    aws.admin.updateRole({ arn: ROLE, policies: [FULL, deny] });
    expect(refusal(await s3({ method: 'DELETE', path: '/shop/a' }))).toEqual(
      notAllowed(
        's3:DeleteObject',
        'arn:aws:s3:::shop/a',
        'with an explicit deny in an identity-based policy',
      ),
    );
  });

  it('is narrowed by an inline session policy, and never widened', async () => {
    const Policy = JSON.stringify({
      Statement: { Effect: 'Allow', Action: ['s3:GetObject', 'iam:*'], Resource: '*' },
    });
    await put();
    role = await aws.credentials({ Policy });
    expect((await get()).status).toBe(200);
    expect(refusal(await put())).toEqual(
      notAllowed(
        's3:PutObject',
        'arn:aws:s3:::shop/a.txt',
        'because no session policy allows the s3:PutObject action',
      ),
    );
    aws.admin.updateRole({ arn: ROLE, policies: [] });
    expect(refusal(await get())[2]).toContain('because no identity-based policy allows');
  });

  it('is narrowed by a Deny in a session policy', async () => {
    const Policy = JSON.stringify({
      Statement: [
        { Effect: 'Allow', Action: '*', Resource: '*' },
        { Effect: 'Deny', Action: 's3:PutObject', Resource: '*' },
      ],
    });
    role = await aws.credentials({ Policy });
    expect(refusal(await put())[2]).toMatch(/with an explicit deny in a session policy$/);
  });

  it('is narrowed by managed policies: of AWS, of the account, and missing ones', async () => {
    await put();
    const own = `arn:aws:iam::${ACCOUNT}:policy/put-only`;
    aws.admin.createManagedPolicy({
      arn: own,
      document: { Statement: { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' } },
    });
    const statuses = async (...arns: string[]) => {
      role = await aws.credentials(
        Object.fromEntries(arns.map((arn, index) => [`PolicyArns.member.${index + 1}.arn`, arn])),
      );
      return [(await get()).status, (await put()).status];
    };
    expect(await statuses('arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess')).toEqual([200, 403]);
    expect(await statuses(own)).toEqual([403, 200]);
    expect(await statuses(own, 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess')).toEqual([200, 200]);
    expect(await statuses(`arn:aws:iam::${ACCOUNT}:policy/missing`)).toEqual([403, 403]);
  });

  it('may compare what the session began with', async () => {
    const by = (subject: string) => ({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 's3:*',
        Resource: '*',
        Condition: { StringLike: { 'oidc.vercel.com/acme:sub': subject } },
      },
    });
    aws.admin.updateRole({ arn: ROLE, policies: [by('*:environment:production')] });
    expect((await put()).status).toBe(200);
    aws.admin.updateRole({ arn: ROLE, policies: [by('*:environment:preview')] });
    expect((await put()).status).toBe(403);
  });

  it('may be cut off by the time of issue: how sessions are revoked', async () => {
    const revoke = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateLessThan: { 'aws:TokenIssueTime': '2026-11-22T12:00:01Z' } },
      },
    };
    aws.admin.updateRole({ arn: ROLE, policies: [FULL, revoke] });
    expect((await put()).status).toBe(403);
    aws.clock.time += 1000;
    role = await aws.credentials();
    expect((await put()).status).toBe(200);
  });

  it('does not come in from another account or partition', async () => {
    aws.admin.createBucket({ name: 'theirs', accountId: '999999999999', region: 'us-east-1' });
    aws.admin.createBucket({ name: 'far', accountId: ACCOUNT, region: 'cn-north-1' });
    const all = { Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } };
    aws.admin.updateRole({ arn: ROLE, policies: [all] });
    expect(refusal(await put('/theirs/a'))[2]).toContain('because no resource-based policy allows');
    expect(refusal(await get('/far/a', { region: 'cn-north-1' }))[1]).toBe('InvalidAccessKeyId');
  });
});

describe('setting up', () => {
  it.each([
    ['a name', { name: 'Shop' }, /^InvalidBucketName/],
    ['an address for a name', { name: '127.0.0.1' }, /^InvalidBucketName/],
    ['a reserved prefix', { name: 'xn--shop' }, /^InvalidBucketName/],
    ['a reserved suffix', { name: 'shop-s3alias' }, /^InvalidBucketName/],
    ['an account', { accountId: 'mine' }, /12 digits/],
    ['a region', { region: 'global' }, /^InvalidLocationConstraint/],
    ['the same name', { name: 'shop' }, /^BucketAlreadyExists/],
  ])('refuses %s', (_, wrong, message) => {
    const bucket = { name: 'fine', accountId: ACCOUNT, region: 'us-east-1', ...wrong };
    expect(() => aws.admin.createBucket(bucket)).toThrow(message);
  });
});

describe('planted faults, in the words of S3', () => {
  it.each([
    ['throttle', undefined, 503, 'SlowDown'],
    ['status', 503, 503, 'ServiceUnavailable'],
    ['status', 500, 500, 'InternalError'],
    ['status', 403, 403, 'AccessDenied'],
  ] as const)('%s %s', async (kind, asked, status, code) => {
    const service = aws.services.find(({ name }) => name === 'aws-s3');
    const answer = await service?.faultAnswer?.(kind, plainRequest({}), asked);
    if (answer === undefined) throw new Error('no answer');
    expect(refusal(answer).slice(0, 2)).toEqual([status, code]);
  });
});
