/** Records a response of STS before the SDK parses it: the SDK hides headers and loses the code of a bare `<Error>`. */

import type { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import type { HttpResponse } from '@credex/core/internal';
import { MAX_ANSWER_BYTES, ResponseError } from '@credex/core/internal';

interface RawResponse {
  statusCode?: unknown;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

/** Adds middleware to one command, so that a user's client is not changed. Returns a function that returns the response. */
export function recordResponse(
  command: AssumeRoleWithWebIdentityCommand | AssumeRoleCommand,
): () => HttpResponse | undefined {
  let recorded: HttpResponse | undefined;
  // The stacks of both differ only in the types of their input.
  const stack = command.middlewareStack as AssumeRoleWithWebIdentityCommand['middlewareStack'];
  stack.add(
    (next) => async (args) => {
      // Only the response of the last attempt is kept.
      recorded = undefined;
      const result = await next(args);
      const response = result.response as RawResponse;
      const status = Number(response.statusCode);
      const bytes = await boundedBytes(response.body, status);
      recorded = {
        status,
        headers: lowerCased(response.headers ?? {}),
        body: new TextDecoder().decode(bytes),
      };
      // The stream has been read: the SDK parses these bytes instead.
      response.body = bytes;
      return result;
    },
    // `low`: directly before the handler, inside the SDK's deserializer.
    { step: 'deserialize', priority: 'low', name: 'credexRecordResponse' },
  );
  return () => recorded;
}

async function boundedBytes(body: unknown, status: number): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  const stream = body instanceof Blob ? body.stream() : body;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    // Leaving the loop destroys the stream.
    if (size > MAX_ANSWER_BYTES)
      throw new ResponseError(
        { status, headers: {}, body: '' },
        `the body is longer than ${MAX_ANSWER_BYTES} bytes`,
      );
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

/** An exception of the SDK as the response that it was made of. Any other error is returned unchanged. */
export function responseErrorOf(thrown: unknown): unknown {
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
  // Without `$fault`, or with these names, the text is not the server's.
  const isOfServer = $fault !== undefined && code !== 'Unknown' && code !== 'UnknownError';
  const body = isOfServer ? JSON.stringify({ Error: { Code: code, Message: message } }) : '';
  return new ResponseError({ status, headers: lowerCased($response?.headers ?? {}), body });
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
