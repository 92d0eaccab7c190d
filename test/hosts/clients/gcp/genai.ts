import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { GoogleGenAI } from '@google/genai';
import { assertGoogleToken } from '../support/bearer.ts';
import { options, projectId } from '../support/deployment.ts';
import { vertexAnswer } from '../support/gemini.ts';
import { startLoopback } from '../support/loopback.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(vertexAnswer);
  const ai = new GoogleGenAI({
    vertexai: true,
    project: projectId,
    location: 'europe-west1',
    httpOptions: { baseUrl: server.origin },
    googleAuthOptions: { authClient: googleAuthClient(options.gcp) },
  });
  const { text } = await ai.models.generateContent({
    model: 'gemini-2.5-flash',
    contents: 'What is in my order?',
  });
  assert.equal(text, '3 pears');
  await assertGoogleToken(server.last().headers['authorization']);
  return 'generateContent: the bearer token is the service account’s';
}
