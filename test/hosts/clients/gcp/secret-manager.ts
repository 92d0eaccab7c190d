import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { assertGoogleToken } from '../support/bearer.ts';
import { TEXT, options, projectId } from '../support/deployment.ts';
import { field, startGrpc } from '../support/grpc.ts';
import { startLoopback } from '../support/loopback.ts';

const name = `projects/${projectId}/secrets/orders/versions/1`;

/** By gRPC, and by REST as on runtimes without HTTP/2. */
export async function call(): Promise<string> {
  const grpc = await startGrpc(
    '/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion',
    field(2, field(1, TEXT)),
  );
  const rest = await startLoopback(() => ({
    body: { name, payload: { data: Buffer.from(TEXT).toString('base64') } },
  }));
  for (const { port, fallback } of [
    { port: grpc.port, fallback: false },
    { port: rest.port, fallback: true },
  ]) {
    const secrets = new SecretManagerServiceClient({
      projectId,
      apiEndpoint: 'localhost',
      port,
      fallback,
      authClient: googleAuthClient(options.gcp),
    });
    const [version] = await secrets.accessSecretVersion({ name });
    assert.equal(version.payload?.data?.toString(), TEXT);
  }
  await assertGoogleToken(grpc.last().metadata['authorization']);
  await assertGoogleToken(rest.last().headers['authorization']);
  return 'AccessSecretVersion by gRPC and by REST: the bearer token is the service account’s';
}
