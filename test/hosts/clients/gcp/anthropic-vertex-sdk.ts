import assert from 'node:assert/strict';
import AnthropicVertex from '@anthropic-ai/vertex-sdk';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { assertGoogleToken } from '../support/bearer.ts';
import { options, projectId } from '../support/deployment.ts';
import { vertexAnswer } from '../support/gemini.ts';
import { startLoopback } from '../support/loopback.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(vertexAnswer);
  const anthropic = new AnthropicVertex({
    projectId,
    region: 'europe-west1',
    baseURL: server.origin,
    authClient: googleAuthClient(options.gcp),
  });
  const { content } = await anthropic.messages.create({
    model: 'claude-sonnet-4',
    max_tokens: 16,
    messages: [{ role: 'user', content: 'What is in my order?' }],
  });
  assert.equal(content[0]?.type === 'text' && content[0].text, '3 pears');
  await assertGoogleToken(server.last().headers['authorization']);
  return 'rawPredict: the bearer token is the service account’s';
}
