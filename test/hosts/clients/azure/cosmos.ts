import assert from 'node:assert/strict';
import { CosmosClient } from '@azure/cosmos';
import { azureCredentialsProvider } from '@credex/azure';
import { assertEntraToken } from '../support/bearer.ts';
import { options } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

const SCOPE = 'https://cosmos.azure.com/.default';

export async function call(): Promise<string> {
  const server = await startLoopback(({ url }) => {
    if (url.pathname !== '/') return { body: { id: 'orders', _rid: '1' } };
    const [region] = [{ name: 'West Europe', databaseAccountEndpoint: url.origin }];
    return { body: { writableLocations: [region], readableLocations: [region] } };
  });
  const cosmos = new CosmosClient({
    endpoint: server.origin,
    aadCredentials: azureCredentialsProvider(options.azure),
  });
  const { resource } = await cosmos.database('orders').read();
  cosmos.dispose();
  assert.equal(resource?.id, 'orders');
  const sent = decodeURIComponent(server.last().headers['authorization'] ?? '');
  const [, token] = /^type=aad&ver=1\.0&sig=(.+)$/.exec(sent) ?? [];
  await assertEntraToken(token, SCOPE);
  return 'a database read with a token for cosmos.azure.com';
}
