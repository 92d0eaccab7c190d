/** Tokens, a fixed clock and loopback servers for the tests of this folder. */

import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, SubjectToken, SubjectTokenSource } from '@credex/core';

export const NOW = 1_800_000_000_000;
export const clock: Clock = { now: () => NOW, monotonic: () => 0 };
export const never: AbortSignal = new AbortController().signal;

/** Expires an hour after `NOW`, unless `claims` has another `exp`. The signature is not valid. */
export const jwt = (claims: object): string =>
  [{ alg: 'RS256' }, { exp: NOW / 1000 + 3_600, iss: 'https://issuer.example', ...claims }, 'signature']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

export const read = (source: SubjectTokenSource, audience?: string): Promise<SubjectToken> =>
  source.capture().token({ audience, fresh: false, signal: new AbortController().signal });

export const subjectOf = async (source: SubjectTokenSource, audience?: string): Promise<string | undefined> =>
  (await read(source, audience)).claims.sub;

export interface TestServer {
  readonly origin: string;
  /** The received requests, in order. */
  readonly seen: readonly IncomingMessage[];
  close(): void;
}

export async function serve(respond: RequestListener): Promise<TestServer> {
  const seen: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    seen.push(request);
    respond(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
