/** Sends a refusal on Node's HTTP servers. The types are structural, so that the main entry does not need Node's types. */

import type { RefusalResponse } from './adapter.js';

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

/** How many bytes of a refused request's body are read and discarded, so that the connection can be reused. */
export const DRAINED_BYTES: number = 1_048_576;

/** Responds immediately, even if the caller is still sending the body. */
export function sendRefusal(request: NodeRequest, response: NodeResponse, refusal: RefusalResponse): void {
  // A timeout of the framework may have responded while the token was verified.
  if (!response.headersSent) {
    response.statusCode = refusal.status;
    for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
    response.end(refusal.body);
  }
  drain(request);
}

/** Discards the rest of the body. A caller that sends more than the limit loses the connection. */
export function drain(request: NodeRequest): void {
  // Node ends an HTTP/2 stream with the response. Destroying it here would prevent the response from arriving.
  if ((request.httpVersionMajor ?? 1) > 1) return;
  let left = DRAINED_BYTES;
  request.on('data', ({ length }) => {
    left -= length;
    if (left < 0) request.destroy();
  });
}
