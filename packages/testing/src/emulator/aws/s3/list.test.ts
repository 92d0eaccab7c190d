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
  type Credentials,
  type TestAws,
} from '../aws.fixture.js';

const list = { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::shop' };
const write = { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' };

let aws: TestAws;
let role: Credentials;
beforeEach(async () => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST, policies: [{ Statement: [list, write] }] });
  aws.admin.createBucket({ name: 'shop', accountId: ACCOUNT, region: 'us-east-1' });
  role = await aws.credentials();
  for (const key of ['b', 'a/2', 'a/1', 'a/x/3', 'é', 'B']) {
    await aws.s3(
      { method: 'PUT', path: `/shop/${encodeURIComponent(key).replace('%2F', '/')}`, body: key },
      role,
    );
  }
});

const ask = (query: Record<string, string> = {}) =>
  aws.s3({ method: 'GET', path: '/shop', query: { 'list-type': '2', ...query } }, role);
const texts = (answer: Awaited<ReturnType<typeof ask>>, name: string) =>
  [...String(answer.body).matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) => text);

/** Keys and folded keys; the first prefix is the request's own. */
const names = (answer: Awaited<ReturnType<typeof ask>>) => [
  ...texts(answer, 'Key'),
  ...texts(answer, 'Prefix').slice(1),
];

describe('ListObjectsV2', () => {
  it('lists keys in the order of their bytes', async () => {
    const answer = await ask();
    expect(answer.body).toContain(
      '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>shop</Name>',
    );
    expect(texts(answer, 'Key')).toEqual(['B', 'a/1', 'a/2', 'a/x/3', 'b', 'é']);
    expect(element(answer, 'ETag')).toMatch(/^"[0-9a-f]{32}"$/);
    expect([element(answer, 'KeyCount'), element(answer, 'IsTruncated')]).toEqual(['6', 'false']);
  });

  it('folds at a delimiter, under a prefix', async () => {
    const root = await ask({ delimiter: '/' });
    expect(texts(root, 'Key')).toEqual(['B', 'b', 'é']);
    expect(String(root.body)).toContain('<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>');
    const inner = await ask({ delimiter: '/', prefix: 'a/' });
    expect(texts(inner, 'Key')).toEqual(['a/1', 'a/2']);
    expect(String(inner.body)).toContain('<CommonPrefixes><Prefix>a/x/</Prefix></CommonPrefixes>');
  });

  it.each([{}, { delimiter: '/' }])('goes on page by page, each key once: %o', async (query) => {
    const whole = await ask(query);
    const seen: unknown[] = [];
    let token: string | undefined;
    for (let page = 0; page < 10; page += 1) {
      const answer = await ask({
        ...query,
        'max-keys': '1',
        ...(token === undefined ? {} : { 'continuation-token': token }),
      });
      seen.push(...names(answer));
      token = element(answer, 'NextContinuationToken');
      if (token === undefined) break;
    }
    expect(token).toBeUndefined();
    expect(seen.sort()).toEqual(names(whole).sort());
  });

  it('starts after a key', async () => {
    expect(texts(await ask({ 'start-after': 'a/2' }), 'Key')).toEqual(['a/x/3', 'b', 'é']);
    expect(names(await ask({ 'start-after': 'a/2', delimiter: '/' }))).toEqual(['b', 'é', 'a/']);
  });

  it('encodes where it is asked to', async () => {
    expect(texts(await ask({ 'encoding-type': 'url' }), 'Key').at(-1)).toBe('%C3%A9');
  });

  it.each([
    [{ 'max-keys': '-1' }, 'InvalidArgument'],
    [{ 'max-keys': 'many' }, 'InvalidArgument'],
    [{ 'max-keys': '2147483648' }, 'InvalidArgument'],
    [{ 'continuation-token': 'bm8=' }, 'InvalidArgument'],
    [{ 'encoding-type': 'xml' }, 'InvalidArgument'],
    [{ versions: '' }, 'NotImplemented'],
  ])('refuses %o', async (query, code) => {
    expect(refusal(await ask(query as Record<string, string>))[1]).toBe(code);
  });

  it('lets a policy look at the prefix', async () => {
    const mine = { ...list, Condition: { StringLike: { 's3:prefix': 'a/*' } } };
    aws.admin.updateRole({ arn: ROLE, policies: [{ Statement: mine }] });
    expect((await ask({ prefix: 'a/' })).status).toBe(200);
    expect(refusal(await ask({ prefix: 'b' }))[1]).toBe('AccessDenied');
    expect(refusal(await ask())[1]).toBe('AccessDenied');
  });
});

describe('ListObjects, where `list-type` is missing', () => {
  const first = (query: Record<string, string> = {}) => aws.s3({ method: 'GET', path: '/shop', query }, role);

  it('lists keys with their owner', async () => {
    const answer = await first();
    expect(answer.body).toContain(
      '<Name>shop</Name><Prefix></Prefix><Marker></Marker><MaxKeys>1000</MaxKeys>',
    );
    expect(texts(answer, 'Key')).toEqual(['B', 'a/1', 'a/2', 'a/x/3', 'b', 'é']);
    expect(String(answer.body)).toMatch(/<Owner><ID>[0-9a-f]{64}<\/ID><\/Owner><StorageClass>STANDARD/);
    expect(String(answer.body)).not.toMatch(/KeyCount|ContinuationToken/);
  });

  it('goes on after a marker, and says the next one where a delimiter folds keys', async () => {
    const page = await first({ 'max-keys': '2' });
    expect([texts(page, 'Key'), element(page, 'IsTruncated'), element(page, 'NextMarker')]).toEqual([
      ['B', 'a/1'],
      'true',
      undefined,
    ]);
    expect(texts(await first({ marker: 'a/1' }), 'Key')).toEqual(['a/2', 'a/x/3', 'b', 'é']);
    const folded = await first({ delimiter: '/', 'max-keys': '2' });
    expect([names(folded), element(folded, 'NextMarker')]).toEqual([['B', 'a/'], 'a/']);
    // After all that is folded, also where the marker is one of its keys.
    for (const marker of ['a/', 'a/1'])
      expect(names(await first({ delimiter: '/', marker }))).toEqual(['b', 'é']);
  });

  it.each([
    [{ 'list-type': '3' }, 'InvalidArgument'],
    [{ 'start-after': 'a' }, 'NotImplemented'],
    [{ 'list-type': '2', marker: 'a' }, 'NotImplemented'],
  ])('refuses %o', async (query, code) => {
    expect(refusal(await first(query as Record<string, string>))[1]).toBe(code);
  });

  it('tells the owner in the second version only where it is asked to', async () => {
    expect(String((await ask()).body)).not.toContain('<Owner>');
    expect(String((await ask({ 'fetch-owner': 'true' })).body)).toContain('<Owner>');
  });
});
