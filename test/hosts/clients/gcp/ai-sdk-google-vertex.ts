import assert from 'node:assert/strict';
import { createVertex } from '@ai-sdk/google-vertex';
import { createVertexAnthropic } from '@ai-sdk/google-vertex/anthropic';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { generateText } from 'ai';
import { assertGoogleToken } from '../support/bearer.ts';
import { options, projectId } from '../support/deployment.ts';
import { vertexAnswer } from '../support/gemini.ts';
import { startLoopback } from '../support/loopback.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(vertexAnswer);
  const settings = { project: projectId, location: 'europe-west1', baseURL: server.origin };
  const vertex = createVertex({
    ...settings,
    googleAuthOptions: { authClient: googleAuthClient(options.gcp) },
  });
  const vertexAnthropic = createVertexAnthropic({
    ...settings,
    googleAuthOptions: { authClient: googleAuthClient(options.gcp) },
  });
  for (const model of [vertex('gemini-2.5-flash'), vertexAnthropic('claude-sonnet-4')]) {
    const { text } = await generateText({ model, prompt: 'What is in my order?' });
    assert.equal(text, '3 pears');
    await assertGoogleToken(server.last().headers['authorization']);
  }
  return 'Gemini and Claude: the bearer token is the service account’s';
}
