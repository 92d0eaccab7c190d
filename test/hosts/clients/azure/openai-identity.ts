import assert from 'node:assert/strict';
import { getBearerTokenProvider } from '@azure/identity';
import { azureCredentialsProvider } from '@credex/azure';
import { AzureOpenAI } from 'openai';
import { assertEntraToken } from '../support/bearer.ts';
import { options } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

const SCOPE = 'https://cognitiveservices.azure.com/.default';

export async function call(): Promise<string> {
  const server = await startLoopback(() => ({ body: { object: 'list', data: [{ id: 'gpt' }] } }));
  const openai = new AzureOpenAI({
    endpoint: server.origin,
    apiVersion: '2025-04-01-preview',
    azureADTokenProvider: getBearerTokenProvider(azureCredentialsProvider(options.azure), SCOPE),
  });
  const { data } = await openai.models.list();
  assert.equal(data[0]?.id, 'gpt');
  const [, token] = server.last().headers['authorization']?.split(' ') ?? [];
  await assertEntraToken(token, SCOPE);
  return 'models listed with a token for cognitiveservices.azure.com, by getBearerTokenProvider';
}
