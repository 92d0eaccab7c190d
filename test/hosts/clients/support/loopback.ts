// A service on loopback, by TLS, HTTP/1.1 and HTTP/2: it keeps each request and answers as it is told.
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { certificate } from './deployment.ts';

export interface Recorded {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case; in HTTP/2 `:authority` is there as `host` too. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Other than text and bytes it is sent as JSON. */
  readonly body?: unknown;
}

export interface Loopback {
  /** `https://localhost:PORT`. */
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly Recorded[];
  /** The last request; throws if there was none. */
  last(): Recorded;
}

const bytesOf = (body: unknown): string | Uint8Array =>
  typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);

async function recorded(request: Http2ServerRequest): Promise<Recorded> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
  headers['host'] ??= request.authority;
  const url = new URL(request.url, `https://${headers['host']}`);
  return { method: request.method, url, headers, body: Buffer.concat(chunks) };
}

export async function startLoopback(answer: (request: Recorded) => Answer): Promise<Loopback> {
  const requests: Recorded[] = [];
  const handle = async (request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> => {
    const one = await recorded(request);
    requests.push(one);
    const { status = 200, headers = {}, body = '' } = answer(one);
    const type = typeof body === 'string' ? {} : { 'content-type': 'application/json' };
    response.writeHead(status, { ...type, ...headers });
    response.end(bytesOf(body));
  };
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://localhost:${port}`,
    port,
    requests,
    last() {
      const request = requests.at(-1);
      if (request === undefined) throw new Error('No request came.');
      return request;
    },
  };
}
