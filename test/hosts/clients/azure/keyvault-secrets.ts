import assert from 'node:assert/strict';
import { SecretClient } from '@azure/keyvault-secrets';
import { azureCredentialsProvider } from '@credex/azure';
import { assertEntraToken } from '../support/bearer.ts';
import { TEXT, options } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

const CHALLENGE = `Bearer authorization="https://login.microsoftonline.com/${options.azure.tenantId}", resource="https://vault.azure.net"`;

export async function call(): Promise<string> {
  const server = await startLoopback(({ headers, url }) =>
    headers['authorization'] === undefined
      ? { status: 401, headers: { 'www-authenticate': CHALLENGE } }
      : { body: { value: TEXT, id: `${url.origin}/secrets/orders/1`, attributes: {} } },
  );
  const secrets = new SecretClient(server.origin, azureCredentialsProvider(options.azure), {
    // The vault here is not below vault.azure.net.
    disableChallengeResourceVerification: true,
  });
  const { value } = await secrets.getSecret('orders');
  assert.equal(value, TEXT);
  const [, token] = server.last().headers['authorization']?.split(' ') ?? [];
  await assertEntraToken(token, 'https://vault.azure.net/.default');
  return 'the vault’s challenge answered with a token for vault.azure.net';
}
