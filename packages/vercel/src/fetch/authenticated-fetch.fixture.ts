/** A loopback API that returns what it received, and a fetch for it. */

import type { IncomingMessage, RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import type { TestServer } from '../platform/token-source.fixture.js';
import { clock, jwt, serve } from '../platform/token-source.fixture.js';
import type { AuthenticatedFetchOptions } from '../index.js';
import { createAuthenticatedFetch } from '../index.js';

/** Closed when the test ends. */
export const started = async (respond: RequestListener): Promise<TestServer> => {
  const server = await serve(respond);
  onTestFinished(() => server.close());
  return server;
};

export const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
};

/** Returns what it received. */
export const echo: RequestListener = (request, response) =>
  void bodyOf(request).then((body) => {
    const { method, url, headers } = request;
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ method, url, headers, body }));
  });

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const got = async (response: Promise<Response>): Promise<Echo> =>
  (await (await response).json()) as Echo;

export const TOKEN = jwt({ sub: 'shop', project_id: 'prj_shop', environment: 'production' });

/** A fetch for these origins that sends TOKEN. */
export const made = (
  origins: string | string[],
  more: Partial<AuthenticatedFetchOptions> = {},
): typeof fetch =>
  createAuthenticatedFetch({ origins, tokenSource: () => TOKEN, clock, allowLoopbackHttp: true, ...more });
