import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { assertGoogleToken } from '../support/bearer.ts';
import { TEXT, options, projectId } from '../support/deployment.ts';
import { field, startGrpc } from '../support/grpc.ts';

export async function call(): Promise<string> {
  const server = await startGrpc(
    '/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion',
    field(2, field(1, TEXT)),
  );
  const secrets = new SecretManagerServiceClient({
    projectId,
    apiEndpoint: 'localhost',
    port: server.port,
    authClient: googleAuthClient(options.gcp),
  });
  const name = `projects/${projectId}/secrets/orders/versions/1`;
  const [version] = await secrets.accessSecretVersion({ name });
  assert.equal(version.payload?.data?.toString(), TEXT);
  await assertGoogleToken(server.last().metadata['authorization']);
  return 'AccessSecretVersion by gRPC: the bearer token is the service account’s';
}
