/** An API on loopback that answers with what it got, and a fetch that was made for it. */

import type { IncomingMessage, RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import type { TestServer } from './elsewhere.fixture.js';
import { clock, jwt, serve } from './elsewhere.fixture.js';
import type { OwnApiFetchOptions } from './index.js';
import { ownApiFetch } from './index.js';

/** Closed when the test ends. */
export const started = async (answer: RequestListener): Promise<TestServer> => {
  const server = await serve(answer);
  onTestFinished(() => server.close());
  return server;
};

export const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
};

/** Answers with what it got. */
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

/** Without an option of its own: any call may go to these origins, with TOKEN. */
export const made = (origins: string | string[], more: Partial<OwnApiFetchOptions> = {}): typeof fetch =>
  ownApiFetch({ origins, tokenSource: () => TOKEN, clock, allowLoopbackHttp: true, ...more });
