/** Conditions and ranges by the vendors' own clients: the emulator answers as the clouds are documented to. */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { awsCredentialsProvider } from '@credex/aws';
import { azureCredentialsProvider } from '@credex/azure';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { Storage } from '@google-cloud/storage';
import { Readable } from 'node:stream';
import { beforeAll, expect, test } from 'vitest';
import { blobServiceClient } from '../support/blobs.js';
import { storageOptions } from '../support/cloud-storage.js';
import { s3Client } from '../support/s3.js';
import { AWS, AZURE, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
let tokenSource: () => string;
beforeAll(async () => {
  const production = await fixture.mint();
  tokenSource = () => production;
});

test('@aws-sdk/client-s3', async () => {
  const policy = { Statement: { Effect: 'Allow' as const, Action: 's3:*', Resource: '*' } };
  fixture.emulator.aws.updateRole({ arn: AWS.roleArn, policies: [policy] });
  const credentials = awsCredentialsProvider({ ...fixture.options.aws, tokenSource });
  const s3: S3Client = s3Client(fixture.emulator, { credentials, maxAttempts: 1 });
  const object = { Bucket: AWS.bucket, Key: 'conditions.txt' };
  const put = (input: object) => s3.send(new PutObjectCommand({ ...object, Body: 'pears', ...input }));
  const named = (name: string, status: number) => ({ name, $metadata: { httpStatusCode: status } });

  const { ETag } = await put({ IfNoneMatch: '*' });
  await expect(put({ IfNoneMatch: '*' })).rejects.toMatchObject(named('PreconditionFailed', 412));
  await expect(put({ IfMatch: '"other"' })).rejects.toMatchObject(named('PreconditionFailed', 412));
  await put({ IfMatch: ETag });
  const get = (input: object) => s3.send(new GetObjectCommand({ ...object, ...input }));
  await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  await expect(get({ Range: 'bytes=5-' })).rejects.toMatchObject(named('InvalidRange', 416));
  const remove = (IfMatch: string | undefined) => s3.send(new DeleteObjectCommand({ ...object, IfMatch }));
  await expect(remove('"other"')).rejects.toMatchObject(named('PreconditionFailed', 412));
  await s3.send(new HeadObjectCommand(object));
  await remove(ETag);
  await expect(remove(ETag)).rejects.toMatchObject(named('NoSuchKey', 404));

  // A stream of unknown length, as it is sent without a checksum.
  const plain = s3Client(fixture.emulator, {
    credentials,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const stream = new PutObjectCommand({ ...object, Body: Readable.from([Buffer.from('pears')]) });
  await expect(plain.send(stream)).rejects.toMatchObject(named('NotImplemented', 501));
  s3.destroy();
  plain.destroy();
});

test('@google-cloud/storage', async () => {
  const storage = new Storage({
    ...storageOptions(fixture.emulator),
    authClient: googleAuthClient({ ...fixture.options.gcp, tokenSource }),
  });
  const file = storage.bucket(GCP.bucket).file('conditions.txt');
  const save = (ifGenerationMatch: number | string) =>
    file.save('pears', { resumable: false, preconditionOpts: { ifGenerationMatch } });
  await save(0);
  await expect(save(0)).rejects.toMatchObject({ code: 412 });
  const [{ generation = '' }] = await file.getMetadata();
  await save(generation);
  const old = storage.bucket(GCP.bucket).file('conditions.txt', { generation });
  await expect(old.download()).rejects.toMatchObject({ code: 404 });
  const [part] = await storage.bucket(GCP.bucket).file('conditions.txt').download({ start: 1, end: 2 });
  expect(part.toString()).toBe('ea');
  await expect(file.delete({ ifMetagenerationMatch: 2 })).rejects.toMatchObject({ code: 412 });
});

test('@azure/storage-blob', async () => {
  const credential = azureCredentialsProvider({ ...fixture.options.azure, tokenSource });
  const container = blobServiceClient(fixture.emulator, credential).getContainerClient(AZURE.container);
  const blob = container.getBlockBlobClient('conditions.txt');
  const upload = (conditions: object) => blob.upload('pears', 5, { conditions });
  const { etag = '' } = await upload({ ifNoneMatch: '*' });
  await expect(upload({ ifNoneMatch: '*' })).rejects.toMatchObject({ code: 'BlobAlreadyExists' });
  await expect(upload({ ifMatch: '"0x8D0"' })).rejects.toMatchObject({ code: 'ConditionNotMet' });
  const two = { ifMatch: etag, ifNoneMatch: '"0x8D0"' };
  await expect(upload(two)).rejects.toMatchObject({
    statusCode: 400,
    code: 'MultipleConditionHeadersNotSupported',
  });
  const read = blob.download(0, undefined, { conditions: { ifNoneMatch: etag } });
  await expect(read).rejects.toMatchObject({ statusCode: 304 });
  await expect(blob.download(5)).rejects.toMatchObject({ statusCode: 416 });
  const leased = blob.delete({ conditions: { leaseId: '00000000-0000-0000-0000-000000000001' } });
  await expect(leased).rejects.toMatchObject({ code: 'LeaseNotPresentWithBlobOperation' });
  const tagged = blob.delete({ conditions: { tagConditions: `"a" = 'b'` } });
  await expect(tagged).rejects.toMatchObject({ statusCode: 501 });
});
