import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { Firestore } from '@google-cloud/firestore';
import { assertGoogleToken } from '../support/bearer.ts';
import { options, projectId } from '../support/deployment.ts';
import { field, startGrpc } from '../support/grpc.ts';

export async function call(): Promise<string> {
  const server = await startGrpc('/google.firestore.v1.Firestore/ListCollectionIds', field(1, 'orders'));
  const firestore = new Firestore({
    projectId,
    host: `localhost:${server.port}`,
    authClient: googleAuthClient(options.gcp),
  });
  const collections = await firestore.listCollections();
  assert.deepEqual(
    collections.map(({ id }) => id),
    ['orders'],
  );
  await assertGoogleToken(server.last().metadata['authorization']);
  return 'ListCollectionIds by gRPC: the bearer token is the service account’s';
}
