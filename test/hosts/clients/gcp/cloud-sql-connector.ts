import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { AuthTypes, Connector } from '@google-cloud/cloud-sql-connector';
import { getGcpCredentials } from '@credex/gcp';
import { assertGoogleToken } from '../support/bearer.ts';
import { certificate, options, projectId } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(({ url }) => ({
    body: url.pathname.endsWith(':generateEphemeralCert')
      ? { ephemeralCert: { cert: certificate.cert } }
      : {
          region: 'europe-west1',
          ipAddresses: [{ type: 'PRIMARY', ipAddress: '127.0.0.1' }],
          serverCaCert: { cert: certificate.cert },
        },
  }));
  const connector = new Connector({
    auth: googleAuthClient(options.gcp),
    sqlAdminAPIEndpoint: server.origin,
  });
  const { stream } = await connector.getOptions({
    instanceConnectionName: `${projectId}:europe-west1:orders`,
    authType: AuthTypes.IAM,
  });
  connector.close();
  assert.equal(typeof stream, 'function');
  assert.equal(server.requests.length, 2);
  for (const { headers } of server.requests) await assertGoogleToken(headers['authorization']);
  const { accessToken } = await getGcpCredentials(options.gcp);
  const login = JSON.parse(String(server.requests.find(({ method }) => method === 'POST')?.body));
  assert.equal(login.access_token, accessToken);
  return 'instance metadata and the client certificate with the login token in it; no database is connected';
}
