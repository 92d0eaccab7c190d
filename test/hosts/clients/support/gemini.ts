// What Vertex AI answers, as far as its clients read it: for Gemini and for Claude.
import { claudeMessage } from './bedrock.ts';
import type { Answer, Recorded } from './loopback.ts';

export function vertexAnswer({ url }: Recorded): Answer {
  if (url.pathname.endsWith(':rawPredict')) return { body: claudeMessage };
  return {
    body: {
      candidates: [{ content: { role: 'model', parts: [{ text: '3 pears' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
    },
  };
}
