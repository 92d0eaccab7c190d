// What Bedrock's runtime answers, as far as its clients read it.
import type { Answer, Recorded } from './loopback.ts';

export function bedrockAnswer({ url }: Recorded): Answer {
  if (url.pathname.endsWith('/converse'))
    return {
      body: {
        output: { message: { role: 'assistant', content: [{ text: '3 pears' }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
        metrics: { latencyMs: 1 },
      },
    };
  return { body: claudeMessage };
}

/** Claude's own answer: of Bedrock's `invoke` and of Vertex AI's `rawPredict`. */
export const claudeMessage = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [{ type: 'text', text: '3 pears' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 2 },
};
