/** AWS's own packages against the emulator's S3: presigned URLs, uploads in parts, lists and ranges, by a credex credential. */

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { awsCredentialsProvider } from '@credex/aws';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Client } from '../support/s3.js';
import { AWS } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
const MIB = 1024 * 1024;
const Bucket = AWS.bucket;

let s3: S3Client;
beforeAll(async () => {
  const policy = { Statement: { Effect: 'Allow' as const, Action: 's3:*', Resource: '*' } };
  fixture.emulator.aws.updateRole({ arn: AWS.roleArn, policies: [policy] });
  const production = await fixture.mint();
  const credentials = awsCredentialsProvider({ ...fixture.options.aws, tokenSource: () => production });
  s3 = s3Client(fixture.emulator, { credentials });
});
afterAll(() => s3.destroy());

const codeOf = async (response: Response): Promise<string> =>
  `${response.status} ${/<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]}`;

describe('URLs of @aws-sdk/s3-request-presigner', () => {
  test('write and read an object, by whoever has them', async () => {
    const input: PutObjectCommandInput = {
      Bucket,
      Key: 'signed/é 1.txt',
      ContentType: 'text/plain',
      Metadata: { by: 'me' },
    };
    const put = await getSignedUrl(s3, new PutObjectCommand(input), {
      expiresIn: 60,
      signableHeaders: new Set(['content-type']),
    });
    const written = await fetch(put, {
      method: 'PUT',
      body: 'pears',
      headers: { 'content-type': 'text/plain' },
    });
    expect([written.status, await written.text()]).toEqual([200, '']);
    const other = await fetch(put, {
      method: 'PUT',
      body: 'pears',
      headers: { 'content-type': 'text/html' },
    });
    expect(await codeOf(other)).toBe('403 SignatureDoesNotMatch');

    const ResponseContentDisposition = 'attachment; filename="order.txt"';
    const get = new GetObjectCommand({ Bucket, Key: 'signed/é 1.txt', ResponseContentDisposition });
    const read = await fetch(await getSignedUrl(s3, get));
    expect(await read.text()).toBe('pears');
    expect(Object.fromEntries(read.headers)).toMatchObject({
      'content-disposition': ResponseContentDisposition,
      'content-type': 'text/plain',
      'x-amz-meta-by': 'me',
    });
  });

  test('end when they say, and hold for what they were signed for', async () => {
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'signed/é 1.txt' }), {
      expiresIn: 60,
    });
    expect((await fetch(url)).status).toBe(200);
    expect(await codeOf(await fetch(url, { method: 'DELETE' }))).toBe('403 SignatureDoesNotMatch');
    expect(await codeOf(await fetch(url.replace('signed', 'secret')))).toBe('403 SignatureDoesNotMatch');
    expect(await codeOf(await fetch(url.replace(/X-Amz-Signature=\w{8}/, 'X-Amz-Signature=00000000')))).toBe(
      '403 SignatureDoesNotMatch',
    );
    const late = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'signed/é 1.txt' }), {
      expiresIn: 60,
      signingDate: new Date(Date.now() - 61_000),
    });
    const refused = await fetch(late);
    const text = await refused.text();
    expect([refused.status, text]).toEqual([
      403,
      expect.stringContaining('<Message>Request has expired</Message>'),
    ]);
  });
});

describe('parts', () => {
  test('of @aws-sdk/lib-storage become the object, with its checksums', async () => {
    const Body = Buffer.alloc(11 * MIB, 'pear');
    const upload = new Upload({ client: s3, params: { Bucket, Key: 'parts/lib', Body }, partSize: 5 * MIB });
    const done = await upload.done();
    expect(done).toMatchObject({
      Key: 'parts/lib',
      ETag: expect.stringMatching(/^"[0-9a-f]{32}-3"$/) as string,
    });
    const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'parts/lib' }));
    expect(Buffer.from((await read.Body?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
    expect(read).toMatchObject({ ETag: done.ETag, ContentLength: 11 * MIB });
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined();
  });

  test('of a stream of unknown length as well, and none are left where it breaks', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(6 * MIB);
      throw new Error('the source broke');
    }
    const params = { Bucket, Key: 'parts/broken', Body: Readable.from(broken()) };
    await expect(new Upload({ client: s3, params, partSize: 5 * MIB }).done()).rejects.toThrow(
      'the source broke',
    );
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined();
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'parts/broken' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  test('are listed, refused and aborted by client-s3', async () => {
    const object = { Bucket, Key: 'parts/by hand' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
    const upload = { ...object, UploadId };
    const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (const PartNumber of [1, 2]) {
      const { ETag } = await s3.send(
        new UploadPartCommand({ ...upload, PartNumber, Body: `part ${PartNumber}` }),
      );
      Parts.push({ PartNumber, ETag });
    }
    const listed = await s3.send(new ListPartsCommand(upload));
    expect(listed.Parts?.map(({ PartNumber, ETag, Size }) => ({ PartNumber, ETag, Size }))).toEqual(
      Parts.map((part) => ({ ...part, Size: 6 })),
    );
    const complete = (parts: typeof Parts) =>
      s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }));
    const [one, two] = Parts as [(typeof Parts)[0], (typeof Parts)[0]];
    await expect(complete([two, one])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete([one, two])).rejects.toMatchObject({ name: 'EntityTooSmall' });
    await expect(complete([{ ...one, ETag: two.ETag }])).rejects.toMatchObject({ name: 'InvalidPart' });
    await s3.send(new AbortMultipartUploadCommand(upload));
    await expect(s3.send(new ListPartsCommand(upload))).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });
});

test('client-s3 reads ranges, asks conditionally and lists by markers', async () => {
  for (const Key of ['list/a', 'list/b/1', 'list/c'])
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'hello' }));
  const object = { Bucket, Key: 'list/a' };
  const range = await s3.send(new GetObjectCommand({ ...object, Range: 'bytes=1-3' }));
  expect([await range.Body?.transformToString(), range.ContentRange, range.ContentLength]).toEqual([
    'ell',
    'bytes 1-3/5',
    3,
  ]);
  const beyond = s3.send(new GetObjectCommand({ ...object, Range: 'bytes=5-' }));
  await expect(beyond).rejects.toMatchObject({ name: 'InvalidRange', $metadata: { httpStatusCode: 416 } });
  const unchanged = s3.send(new GetObjectCommand({ ...object, IfNoneMatch: range.ETag }));
  await expect(unchanged).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });

  const page = { Bucket, Prefix: 'list/', Delimiter: '/', MaxKeys: 2 };
  const first = await s3.send(new ListObjectsCommand(page));
  expect(first).toMatchObject({
    IsTruncated: true,
    NextMarker: 'list/b/',
    CommonPrefixes: [{ Prefix: 'list/b/' }],
  });
  const second = await s3.send(new ListObjectsCommand({ ...page, Marker: first.NextMarker }));
  expect(second.Contents?.map(({ Key, Owner }) => [Key, Owner?.ID?.length])).toEqual([['list/c', 64]]);
});
