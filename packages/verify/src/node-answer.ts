/** How a refusal goes out over Node's own HTTP servers. Structural: the main entry and the frameworks need no types of Node's. */

import type { Answer } from './challenge.js';

export interface NodeRequest {
  readonly httpVersionMajor?: number | undefined;
  on(event: 'data', listener: (chunk: { readonly length: number }) => void): unknown;
  destroy(): unknown;
}

export interface NodeResponse {
  readonly headersSent: boolean;
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** How many bytes of a refused request's body are read and thrown away, so that the connection can be used again. */
export const DRAINED_BYTES: number = 1_048_576;

/** Answers at once, whatever the caller still sends. */
export function sendAnswer(request: NodeRequest, response: NodeResponse, answer: Answer): void {
  // A time limit of the framework may have answered while the token was verified.
  if (!response.headersSent) {
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
    response.end(answer.body);
  }
  drain(request);
}

/** Throws the rest of the body away; a caller that sends more than is worth a connection loses it. */
export function drain(request: NodeRequest): void {
  // A stream of HTTP/2 ends alone, and Node ends it with the answer; destroyed from here the caller would never hear of it.
  if ((request.httpVersionMajor ?? 1) > 1) return;
  let left = DRAINED_BYTES;
  request.on('data', ({ length }) => {
    left -= length;
    if (left < 0) request.destroy();
  });
}
