import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { assertGoogleToken } from '../support/bearer.ts';
import { TEXT, options, projectId } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

export async function call(): Promise<string> {
  const name = `projects/${projectId}/secrets/orders/versions/1`;
  const data = Buffer.from(TEXT).toString('base64');
  const server = await startLoopback(() => ({ body: { name, payload: { data } } }));
  const secrets = new SecretManagerServiceClient({
    projectId,
    apiEndpoint: 'localhost',
    port: server.port,
    fallback: true,
    authClient: googleAuthClient(options.gcp),
  });
  const [version] = await secrets.accessSecretVersion({ name });
  assert.equal(version.payload?.data?.toString(), TEXT);
  await assertGoogleToken(server.last().headers['authorization']);
  return 'AccessSecretVersion by REST: the bearer token is the service account’s';
}
