/** Reads a response of STS from the wire, before the SDK, which hides headers and loses the code of a bare `<Error>`. */

import type { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import type { HttpResponse } from '@credex/core/internal';
import { MAX_ANSWER_BYTES } from '@credex/core/internal';
import { UnreadableAnswer } from '../parse-sts-response.js';
import { RefusedAnswer } from '../sts-answer.js';

interface RawResponse {
  statusCode?: unknown;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

/** Works on one command's own middleware: a client that belongs to the user is left as it is. */
export function captureAnswer(command: AssumeRoleWithWebIdentityCommand): () => HttpResponse | undefined {
  let captured: HttpResponse | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      // Of the last attempt: what an earlier one brought is not the answer to it.
      captured = undefined;
      const result = await next(args);
      const response = result.response as RawResponse;
      const bytes = await boundedBytes(response.body);
      captured = {
        status: Number(response.statusCode),
        headers: lowerCased(response.headers ?? {}),
        body: new TextDecoder().decode(bytes),
      };
      // The stream is spent: the SDK parses these bytes instead.
      response.body = bytes;
      return result;
    },
    // Low: next to the handler, inside of the SDK's own deserializer.
    { step: 'deserialize', priority: 'low', name: 'credexCaptureAnswer' },
  );
  return () => captured;
}

async function boundedBytes(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  const stream = body instanceof Blob ? body.stream() : body;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    // Leaving the loop destroys the stream.
    if (size > MAX_ANSWER_BYTES)
      throw new UnreadableAnswer('The body', `is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** The SDK's exception as the answer that it was made of; anything else as it is. */
export function refusalOf(thrown: unknown): unknown {
  const { name, Code, message, $fault, $metadata, $response } = thrown as {
    name?: unknown;
    Code?: unknown;
    message?: unknown;
    $fault?: unknown;
    $metadata?: { httpStatusCode?: unknown };
    $response?: { headers?: Record<string, string> };
  };
  const status = $metadata?.httpStatusCode;
  if (typeof status !== 'number') return thrown;
  const code = Code ?? name;
  // Without `$fault`, or by these names, its text isn't the server's.
  const isSaid = $fault !== undefined && code !== 'Unknown' && code !== 'UnknownError';
  const body = isSaid ? JSON.stringify({ Error: { Code: code, Message: message } }) : '';
  return new RefusedAnswer({ status, headers: lowerCased($response?.headers ?? {}), body });
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
