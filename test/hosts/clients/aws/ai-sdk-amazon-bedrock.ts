import assert from 'node:assert/strict';
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { awsCredentialsProvider } from '@credex/aws';
import { generateText } from 'ai';
import { bedrockAnswer } from '../support/bedrock.ts';
import { options, region } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(bedrockAnswer);
  const bedrock = createAmazonBedrock({
    region,
    baseURL: server.origin,
    credentialProvider: awsCredentialsProvider(options.aws),
  });
  const { text } = await generateText({
    model: bedrock('anthropic.claude-v1:0'),
    prompt: 'What is in my order?',
  });
  assert.equal(text, '3 pears');
  await assertSigned(server.last(), 'bedrock');
  return 'Converse: the signature is that of the session';
}
