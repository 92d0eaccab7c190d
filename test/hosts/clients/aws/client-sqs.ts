import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';
import { awsCredentialsProvider } from '@credex/aws';
import { TEXT, options, region } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(() => ({
    body: { MessageId: '1', MD5OfMessageBody: createHash('md5').update(TEXT).digest('hex') },
  }));
  const sqs = new SQSClient({
    region,
    endpoint: server.origin,
    credentials: awsCredentialsProvider(options.aws),
  });
  const QueueUrl = `${server.origin}/123456789012/orders`;
  const { MessageId } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: TEXT }));
  assert.equal(MessageId, '1');
  await assertSigned(server.last(), 'sqs');
  return 'SendMessage: the signature is that of the session';
}
