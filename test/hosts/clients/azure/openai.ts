import assert from 'node:assert/strict';
import { azureCredentialsProvider } from '@credex/azure';
import { AzureOpenAI } from 'openai';
import { assertEntraToken } from '../support/bearer.ts';
import { options } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

const SCOPE = 'https://cognitiveservices.azure.com/.default';

export async function call(): Promise<string> {
  const message = { role: 'assistant', content: '3 pears', refusal: null };
  const server = await startLoopback(() => ({
    body: { id: '1', object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] },
  }));
  const credential = azureCredentialsProvider(options.azure);
  const openai = new AzureOpenAI({
    endpoint: server.origin,
    apiVersion: '2025-04-01-preview',
    azureADTokenProvider: async () => (await credential.getToken(SCOPE)).token,
  });
  const { choices } = await openai.chat.completions.create({
    model: 'gpt',
    messages: [{ role: 'user', content: 'What is in my order?' }],
  });
  assert.equal(choices[0]?.message.content, '3 pears');
  const [, token] = server.last().headers['authorization']?.split(' ') ?? [];
  await assertEntraToken(token, SCOPE);
  return 'a chat completion with a token for cognitiveservices.azure.com';
}
