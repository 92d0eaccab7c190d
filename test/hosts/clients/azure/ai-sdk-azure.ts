import assert from 'node:assert/strict';
import { createAzure } from '@ai-sdk/azure';
import { azureCredentialsProvider } from '@credex/azure';
import { generateText } from 'ai';
import { assertEntraToken } from '../support/bearer.ts';
import { options } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

const SCOPE = 'https://cognitiveservices.azure.com/.default';

export async function call(): Promise<string> {
  const message = { role: 'assistant', content: '3 pears' };
  const server = await startLoopback(() => ({
    body: {
      id: '1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    },
  }));
  const credential = azureCredentialsProvider(options.azure);
  const azure = createAzure({
    baseURL: `${server.origin}/openai`,
    tokenProvider: async () => (await credential.getToken(SCOPE)).token,
  });
  const { text } = await generateText({ model: azure.chat('gpt'), prompt: 'What is in my order?' });
  assert.equal(text, '3 pears');
  const [, token] = server.last().headers['authorization']?.split(' ') ?? [];
  await assertEntraToken(token, SCOPE);
  return 'a chat completion with a token for cognitiveservices.azure.com';
}
