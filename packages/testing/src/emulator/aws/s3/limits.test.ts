/** What S3 refuses of a request that is signed and permitted: metadata, owners, overrides, and what policies deny by request. */
import { describe, expect, it } from 'vitest';
import type { ServiceAnswer } from '../../service.js';
import { ACCOUNT, element, refusal, ROLE } from '../aws.fixture.js';
import { useUploads } from './uploads.fixture.js';

const uploads = useUploads();
const { s3 } = uploads;
const put = (headers: Record<string, string>) => s3({ method: 'PUT', body: 'x', headers });
const code = (answer: ServiceAnswer) => refusal(answer).slice(0, 2).join(' ').trim();

describe('metadata', () => {
  it('has at most 2 KB, names and values together, of an object and of an upload', async () => {
    const most = { 'x-amz-meta-a': 'v'.repeat(1000), 'x-amz-meta-bc': 'v'.repeat(1045) };
    expect((await put(most)).status).toBe(200);
    const more = { ...most, 'x-amz-meta-bc': 'v'.repeat(1046) };
    for (const answer of [
      await put(more),
      await s3({ method: 'POST', query: { uploads: '' }, headers: more }),
    ]) {
      expect(code(answer)).toBe('400 MetadataTooLarge');
      expect([element(answer, 'Size'), element(answer, 'MaxSizeAllowed')]).toEqual(['2049', '2048']);
    }
  });
});

describe('the expected owner of the bucket', () => {
  it.each([
    [ACCOUNT, 'PUT', '200'],
    ['999999999999', 'PUT', '403 AccessDenied'],
    ['999999999999', 'GET', '403 AccessDenied'],
    ['acme', 'PUT', '400 InvalidBucketOwnerAWSAccountID'],
  ])('%s, %s: %s', async (owner, method, expected) => {
    await put({});
    expect(code(await s3({ method, headers: { 'x-amz-expected-bucket-owner': owner } }))).toBe(expected);
  });

  it('is looked at in a list as well', async () => {
    const headers = { 'x-amz-expected-bucket-owner': '999999999999' };
    expect(code(await s3({ method: 'GET', path: '/shop', headers }))).toBe('403 AccessDenied');
  });
});

describe('an object', () => {
  it('without a lock is not deleted past one', async () => {
    const headers = { 'x-amz-bypass-governance-retention': 'true' };
    expect(code(await s3({ method: 'DELETE', headers }))).toBe('400 InvalidArgument');
  });

  it('is given back with no header that HTTP cannot carry', async () => {
    await put({});
    for (const value of ['a\nb', 'é—'])
      expect(refusal(await s3({ method: 'GET', query: { 'response-content-type': value } }))).toEqual([
        400,
        'InvalidArgument',
        'Header value cannot be represented using ISO-8859-1.',
      ]);
  });
});

describe('a policy denies by', () => {
  const denying = (condition: Record<string, Record<string, string>>) =>
    uploads.aws.admin.updateRole({
      arn: ROLE,
      policies: [
        {
          Statement: [
            { Effect: 'Allow', Action: 's3:*', Resource: '*' },
            { Effect: 'Deny', Action: 's3:*', Resource: '*', Condition: condition },
          ],
        },
      ],
    });

  it('the way in which a request is signed', async () => {
    denying({ StringNotEquals: { 's3:authType': 'REST-HEADER' } });
    expect((await put({})).status).toBe(200);
    const { aws } = uploads;
    const url = await aws.presigned({ method: 'GET', path: '/shop/big' }, await aws.credentials());
    expect(code(await aws.send('aws-s3', url))).toBe('403 AccessDenied');
  });

  it('the age of a signature', async () => {
    denying({ NumericGreaterThan: { 's3:signatureAge': '60000' } });
    const { aws } = uploads;
    await put({});
    const url = await aws.presigned({ method: 'GET', path: '/shop/big' }, await aws.credentials());
    aws.clock.time += 60_000;
    expect((await aws.send('aws-s3', url)).status).toBe(200);
    aws.clock.time += 1000;
    expect(code(await aws.send('aws-s3', url))).toBe('403 AccessDenied');
  });

  it('the body that is not signed', async () => {
    denying({ StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } });
    expect((await put({})).status).toBe(200);
    expect(code(await put({ 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }))).toBe('403 AccessDenied');
  });

  it('the account of the bucket', async () => {
    denying({ StringEquals: { 'aws:ResourceAccount': ACCOUNT } });
    expect(code(await put({}))).toBe('403 AccessDenied');
  });

  it('a write without a condition, and lets the parts of an upload through', async () => {
    denying({ Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } });
    expect(code(await put({}))).toBe('403 AccessDenied');
    expect((await put({ 'if-none-match': '*' })).status).toBe(200);
    const id = await uploads.create();
    const { etag = '' } = (await uploads.part(id, 1)).headers ?? {};
    expect(code(await uploads.complete(id, [[1, etag]]))).toBe('403 AccessDenied');
    expect(code(await uploads.complete(id, [[1, etag]], { 'if-none-match': '*' }))).toBe(
      '412 PreconditionFailed',
    );
  });
});
