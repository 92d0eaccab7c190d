import assert from 'node:assert/strict';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { awsCredentialsProvider } from '@credex/aws';
import { options, region } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(() => ({ body: { Item: { id: { S: '1' }, pears: { N: '3' } } } }));
  const client = new DynamoDBClient({
    region,
    endpoint: server.origin,
    credentials: awsCredentialsProvider(options.aws),
  });
  const orders = DynamoDBDocumentClient.from(client);
  const { Item } = await orders.send(new GetCommand({ TableName: 'orders', Key: { id: '1' } }));
  assert.deepEqual(Item, { id: '1', pears: 3 });
  await assertSigned(server.last(), 'dynamodb');
  return 'GetItem: the signature is that of the session';
}
