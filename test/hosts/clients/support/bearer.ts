// Bearer tokens, compared with those that the emulator issued to this process.
import assert from 'node:assert/strict';
import { azureCredentialsProvider } from '@credex/azure';
import { getGcpCredentials } from '@credex/gcp';
import { options } from './deployment.ts';

/** Throws unless `authorization` is the service account's access token. */
export async function assertGoogleToken(authorization: string | undefined): Promise<void> {
  const { accessToken } = await getGcpCredentials(options.gcp);
  assert.equal(authorization, `Bearer ${accessToken}`);
}

/** Throws unless `token` is one that Entra issued to the application for `scope`. */
export async function assertEntraToken(token: string | undefined, scope: string): Promise<void> {
  const { aud, appid } = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
  assert.equal(`${aud}/.default`, scope);
  assert.equal(appid, options.azure.clientId);
  const credential = azureCredentialsProvider(options.azure);
  // With and without continuous access evaluation are two tokens; the client chose one.
  const issued = [
    await credential.getToken(scope, { enableCae: true }),
    await credential.getToken(scope, { enableCae: false }),
  ];
  assert.ok(
    issued.some((one) => one.token === token),
    'The token is not one that was issued to this process.',
  );
}
