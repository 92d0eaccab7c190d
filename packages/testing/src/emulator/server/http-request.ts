import type { IncomingMessage } from 'node:http';
import type { ServiceRequest } from '../service.js';

export interface ReadRequest {
  readonly request: ServiceRequest;
  /** The body was longer than `maxBodyBytes` and is left out. */
  readonly tooLarge: boolean;
}

/** The request as services see it. Rejects where the client hangs up before its end. */
export async function readRequest(
  message: IncomingMessage,
  secure: boolean,
  maxBodyBytes: number,
): Promise<ReadRequest> {
  const body = await readBody(message, maxBodyBytes);
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1);
  // Not `message.headers`: that drops what is repeated, and a signature covers it.
  const headers = Object.fromEntries(
    Object.entries(message.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
  );
  const request: ServiceRequest = {
    method: message.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers,
    host: headers['host'] ?? '',
    secure,
    remoteAddress: message.socket.remoteAddress?.replace(/^::ffff:/, ''),
    body: body ?? new Uint8Array(),
  };
  return { request, tooLarge: body === undefined };
}

async function readBody(message: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // The connection outlives the loop: the refusal has still to be sent over it.
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) {
      message.resume();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
