import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { element, refusal, ROLE } from '../aws.fixture.js';
import { etag, LARGE, texts, useUploads } from './uploads.fixture.js';

const NO_SUCH_UPLOAD =
  'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';

const runtime = useUploads();
const { s3, create, part, complete, list } = runtime;

describe('a multipart upload', () => {
  it('becomes an object of its parts in their order, whatever the order in which they came', async () => {
    const uploadId = await create({ 'content-type': 'text/plain', 'x-amz-meta-by': 'me' });
    expect((await part(uploadId, 10, 'end')).headers?.['etag']).toBe(etag('end'));
    await part(uploadId, 2, 'taken back');
    await part(uploadId, 2, LARGE);
    const answer = await complete(uploadId, [
      [2, etag(LARGE).replaceAll('"', '&quot;')],
      [10, etag('end').replaceAll('"', '')],
    ]);
    const digests = [LARGE, Buffer.from('end')].map((body) => createHash('md5').update(body).digest());
    const whole = `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-2"`;
    expect([answer.status, element(answer, 'ETag'), element(answer, 'Key')]).toEqual([200, whole, 'big']);
    expect(element(answer, 'Location')).toBe('http://127.0.0.1:4566/shop/big');
    const read = await s3({ method: 'GET' });
    expect(read.headers).toMatchObject({ etag: whole, 'content-type': 'text/plain', 'x-amz-meta-by': 'me' });
    expect(Buffer.from(read.body as Uint8Array).equals(Buffer.concat([LARGE, Buffer.from('end')]))).toBe(
      true,
    );
  });

  it('is no object before its end, and never one where it is aborted', async () => {
    const uploadId = await create();
    await part(uploadId, 1);
    expect(refusal(await s3({ method: 'GET' }))[1]).toBe('NoSuchKey');
    expect((await s3({ method: 'DELETE', query: { uploadId } })).status).toBe(204);
    for (const answer of [
      await part(uploadId, 2),
      await complete(uploadId, [[1, etag('x')]]),
      await list(uploadId),
      await s3({ method: 'DELETE', query: { uploadId } }),
    ])
      expect(refusal(answer)).toEqual([404, 'NoSuchUpload', NO_SUCH_UPLOAD]);
    expect(refusal(await s3({ method: 'GET' }))[1]).toBe('NoSuchKey');
  });

  it('is of one key, and ends once', async () => {
    const uploadId = await create();
    await part(uploadId, 1);
    const elsewhere = { path: '/shop/other', query: { uploadId } };
    for (const method of ['GET', 'POST', 'DELETE'])
      expect(refusal(await s3({ method, ...elsewhere }))[1]).toBe('NoSuchUpload');
    expect((await complete(uploadId, [[1, etag('x')]])).status).toBe(200);
    expect(refusal(await complete(uploadId, [[1, etag('x')]]))[1]).toBe('NoSuchUpload');
  });

  it.each([0, 10_001, -1, 1.5, '', 'one'])('has no part of number %j', async (number) => {
    const answer = await part(await create(), number);
    expect(refusal(answer)).toEqual([
      400,
      'InvalidArgument',
      'Part number must be an integer between 1 and 10000, inclusive',
    ]);
    expect(element(answer, 'ArgumentName')).toBe('partNumber');
  });

  it('does not write over an object that must not be there', async () => {
    await s3({ method: 'PUT', body: 'here' });
    const uploadId = await create();
    await part(uploadId, 1);
    const answer = await complete(uploadId, [[1, etag('x')]], { 'if-none-match': '*' });
    expect(refusal(answer).slice(0, 2)).toEqual([412, 'PreconditionFailed']);
    expect((await complete(uploadId, [[1, etag('x')]])).status).toBe(200);
  });
});

describe('lists', () => {
  it('the parts of an upload, page by page', async () => {
    const uploadId = await create();
    expect(element(await list(uploadId), 'NextPartNumberMarker')).toBe('0');
    for (const number of [10, 2, 1]) await part(uploadId, number, `part ${number}`);
    const all = await list(uploadId);
    expect(texts(all, 'PartNumber')).toEqual(['1', '2', '10']);
    expect([element(all, 'ETag'), element(all, 'Size'), element(all, 'IsTruncated')]).toEqual([
      etag('part 1'),
      '6',
      'false',
    ]);
    expect(element(all, 'Initiator')).toBeUndefined();
    expect(String(all.body)).toContain('<DisplayName>vercel-shop</DisplayName></Initiator><Owner><ID>');
    const first = await list(uploadId, { 'max-parts': '2' });
    expect([
      texts(first, 'PartNumber'),
      element(first, 'NextPartNumberMarker'),
      element(first, 'IsTruncated'),
    ]).toEqual([['1', '2'], '2', 'true']);
    const rest = await list(uploadId, { 'part-number-marker': '2', 'max-parts': '' });
    expect([texts(rest, 'PartNumber'), element(rest, 'IsTruncated')]).toEqual([['10'], 'false']);
    expect(refusal(await list(uploadId, { 'max-parts': '-1' }))[1]).toBe('InvalidArgument');
  });

  const uploads = (query: Record<string, string> = {}) =>
    s3({ method: 'GET', path: '/shop', query: { uploads: '', ...query } });
  const begin = async (key: string) =>
    element(await s3({ method: 'POST', path: `/shop/${key}`, query: { uploads: '' } }), 'UploadId') ?? '';

  it('the uploads of a bucket: keys in their order, of one key in the order of their beginning', async () => {
    const ids = [await begin('b'), await begin('a/1'), await begin('a/1'), await begin('a/2')];
    const all = await uploads();
    expect([texts(all, 'Key'), texts(all, 'UploadId')]).toEqual([
      ['a/1', 'a/1', 'a/2', 'b'],
      [ids[1], ids[2], ids[3], ids[0]],
    ]);
    const first = await uploads({ 'max-uploads': '1' });
    expect([
      element(first, 'NextKeyMarker'),
      element(first, 'NextUploadIdMarker'),
      element(first, 'IsTruncated'),
    ]).toEqual(['a/1', ids[1], 'true']);
    const second = await uploads({ 'key-marker': 'a/1', 'upload-id-marker': String(ids[1]) });
    expect(texts(second, 'UploadId')).toEqual([ids[2], ids[3], ids[0]]);
    expect(texts(await uploads({ 'key-marker': 'a/1' }), 'Key')).toEqual(['a/2', 'b']);
    expect(refusal(await uploads({ 'key-marker': 'b', 'upload-id-marker': String(ids[1]) }))[2]).toBe(
      'Invalid uploadId marker',
    );
    const folded = await uploads({ delimiter: '/' });
    expect([texts(folded, 'Key'), texts(folded, 'Prefix')]).toEqual([['b'], ['a/']]);
    expect(texts(await uploads({ delimiter: '/', 'key-marker': 'a/1' }), 'Prefix')).toEqual([]);
    expect(texts(await uploads({ prefix: 'a/' }), 'Key')).toEqual(['a/1', 'a/1', 'a/2']);
    expect(refusal(await uploads({ 'encoding-type': 'xml' }))[1]).toBe('InvalidArgument');
  });
});

describe('access control lists', () => {
  const put = (headers: Record<string, string>) => s3({ method: 'PUT', body: 'x', headers });

  it.each([{ 'x-amz-acl': 'private' }, { 'x-amz-acl': 'public-read' }, { 'x-amz-grant-read': 'id="a"' }])(
    'are off: %o',
    async (headers) => {
      const expected = [400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs'];
      expect(refusal(await put(headers as Record<string, string>))).toEqual(expected);
      const begun = await s3({
        method: 'POST',
        query: { uploads: '' },
        headers: headers as Record<string, string>,
      });
      expect(refusal(begun)).toEqual(expected);
    },
  );

  it('may say what holds anyway, by who may set them', async () => {
    const owned = { 'x-amz-acl': 'bucket-owner-full-control' };
    expect((await put(owned)).status).toBe(200);
    const policy = { Statement: { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' } };
    runtime.aws.admin.updateRole({ arn: ROLE, policies: [policy] });
    expect((await put({})).status).toBe(200);
    expect(refusal(await put(owned))[2]).toContain(
      'no identity-based policy allows the s3:PutObjectAcl action',
    );
  });
});

describe('who may', () => {
  const allow = (...actions: string[]) =>
    runtime.aws.admin.updateRole({
      arn: ROLE,
      policies: [{ Statement: { Effect: 'Allow', Action: actions, Resource: '*' } }],
    });

  it('write may upload; listing and aborting are other actions', async () => {
    allow('s3:PutObject');
    const uploadId = await create();
    expect((await part(uploadId, 1)).status).toBe(200);
    expect(refusal(await list(uploadId))[2]).toContain(
      's3:ListMultipartUploadParts on resource: "arn:aws:s3:::shop/big"',
    );
    expect(refusal(await s3({ method: 'GET', path: '/shop', query: { uploads: '' } }))[2]).toContain(
      's3:ListBucketMultipartUploads on resource: "arn:aws:s3:::shop"',
    );
    expect(refusal(await s3({ method: 'DELETE', query: { uploadId } }))[2]).toContain(
      's3:AbortMultipartUpload',
    );
    expect((await complete(uploadId, [[1, etag('x')]])).status).toBe(200);
    allow('s3:GetObject', 's3:AbortMultipartUpload');
    expect(refusal(await s3({ method: 'POST', query: { uploads: '' } }))[2]).toContain('s3:PutObject');
  });
});
