import assert from 'node:assert/strict';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { awsCredentialsProvider } from '@credex/aws';
import { TEXT, bucket, options, region, secondRole, urls } from '../support/deployment.ts';

export async function call(): Promise<string> {
  const s3 = new S3Client({
    region,
    endpoint: urls['aws-s3'],
    forcePathStyle: true,
    credentials: fromTemporaryCredentials({
      masterCredentials: awsCredentialsProvider(options.aws),
      params: { RoleArn: secondRole, RoleSessionName: 'orders' },
      clientConfig: { region, endpoint: urls['aws-sts'] },
    }),
  });
  const object = { Bucket: bucket, Key: 'second-role/1.txt' };
  await s3.send(new PutObjectCommand({ ...object, Body: TEXT }));
  const { Body } = await s3.send(new GetObjectCommand(object));
  assert.equal(await Body?.transformToString(), TEXT);
  return 'a second role assumed at the emulator, an object written and read as it';
}
