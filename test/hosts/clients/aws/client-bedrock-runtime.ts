import assert from 'node:assert/strict';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { awsCredentialsProvider } from '@credex/aws';
import { bedrockAnswer } from '../support/bedrock.ts';
import { options, region } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(bedrockAnswer);
  const bedrock = new BedrockRuntimeClient({
    region,
    endpoint: server.origin,
    credentials: awsCredentialsProvider(options.aws),
  });
  const { output } = await bedrock.send(
    new ConverseCommand({
      modelId: 'anthropic.claude-v1:0',
      messages: [{ role: 'user', content: [{ text: 'What is in my order?' }] }],
    }),
  );
  assert.equal(output?.message?.content?.[0]?.text, '3 pears');
  await assertSigned(server.last(), 'bedrock');
  return 'Converse: the signature is that of the session';
}
