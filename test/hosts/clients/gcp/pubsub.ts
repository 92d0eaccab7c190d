import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { PubSub } from '@google-cloud/pubsub';
import { assertGoogleToken } from '../support/bearer.ts';
import { TEXT, options, projectId } from '../support/deployment.ts';
import { field, startGrpc } from '../support/grpc.ts';

export async function call(): Promise<string> {
  const server = await startGrpc('/google.pubsub.v1.Publisher/Publish', field(1, 'message-1'));
  const pubsub = new PubSub({
    projectId,
    servicePath: 'localhost',
    port: server.port,
    authClient: googleAuthClient(options.gcp),
  });
  const id = await pubsub.topic('orders').publishMessage({ data: Buffer.from(TEXT) });
  assert.equal(id, 'message-1');
  await assertGoogleToken(server.last().metadata['authorization']);
  return 'Publish by gRPC: the bearer token is the service account’s';
}
