import assert from 'node:assert/strict';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getAwsCredentials } from '@credex/aws';
import { TEXT, bucket, options, region, urls } from '../support/deployment.ts';

export async function call(): Promise<string> {
  const s3 = new S3Client({
    region,
    endpoint: urls['aws-s3'],
    forcePathStyle: true,
    credentials: await getAwsCredentials(options.aws),
  });
  const object = { Bucket: bucket, Key: 'orders/client-s3-plain.txt' };
  await s3.send(new PutObjectCommand({ ...object, Body: TEXT }));
  const { Body } = await s3.send(new GetObjectCommand(object));
  assert.equal(await Body?.transformToString(), TEXT);
  return 'an object written to the emulator and read';
}
