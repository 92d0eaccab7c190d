import assert from 'node:assert/strict';
import { ResourceManagementClient } from '@azure/arm-resources';
import { azureCredentialsProvider } from '@credex/azure';
import { assertEntraToken } from '../support/bearer.ts';
import { options } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

const SCOPE = 'https://management.azure.com/.default';

export async function call(): Promise<string> {
  const server = await startLoopback(() => ({ body: { value: [{ name: 'shop', location: 'westeurope' }] } }));
  const resources = new ResourceManagementClient(
    azureCredentialsProvider(options.azure),
    '5a2d8e0c-1f3b-4c6d-9e7a-0b1c2d3e4f50',
    { endpoint: server.origin, credentials: { scopes: [SCOPE] } },
  );
  const names: (string | undefined)[] = [];
  for await (const { name } of resources.resourceGroups.list()) names.push(name);
  assert.deepEqual(names, ['shop']);
  const [, token] = server.last().headers['authorization']?.split(' ') ?? [];
  await assertEntraToken(token, SCOPE);
  return 'resource groups listed with a token for management.azure.com';
}
