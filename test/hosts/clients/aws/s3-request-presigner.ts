import assert from 'node:assert/strict';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { awsCredentialsProvider } from '@credex/aws';
import { TEXT, bucket, options, region } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(() => ({ body: TEXT }));
  const s3 = new S3Client({
    region,
    endpoint: server.origin,
    forcePathStyle: true,
    credentials: awsCredentialsProvider(options.aws),
  });
  const command = new GetObjectCommand({ Bucket: bucket, Key: 'orders/1.txt' });
  const response = await fetch(await getSignedUrl(s3, command, { expiresIn: 60 }));
  assert.equal(await response.text(), TEXT);
  await assertSigned(server.last(), 's3');
  return 'the URL was fetched: its signature is that of the session';
}
