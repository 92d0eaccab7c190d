import assert from 'node:assert/strict';
import AnthropicBedrock from '@anthropic-ai/bedrock-sdk';
import { awsCredentialsProvider } from '@credex/aws';
import { bedrockAnswer } from '../support/bedrock.ts';
import { options, region } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(bedrockAnswer);
  const anthropic = new AnthropicBedrock({
    awsRegion: region,
    baseURL: server.origin,
    providerChainResolver: async () => awsCredentialsProvider(options.aws),
  });
  const { content } = await anthropic.messages.create({
    model: 'anthropic.claude-v1:0',
    max_tokens: 16,
    messages: [{ role: 'user', content: 'What is in my order?' }],
  });
  assert.equal(content[0]?.type === 'text' && content[0].text, '3 pears');
  await assertSigned(server.last(), 'bedrock');
  return 'InvokeModel: the signature is that of the session';
}
