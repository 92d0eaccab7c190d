/** The adapter for servers of node:http and node:https. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { VercelTokenOptions } from './adapter-options.js';
import { createDoorkeeper, setClaims } from './adapter.js';
import { authorizationOf } from './bearer.js';
import { sendAnswer } from './node-answer.js';
import type { Verified } from './with-vercel-token.js';

/**
 * Guards a request listener: it runs for callers that are let in, with their claims at `request.vercelToken`. All
 * others are answered 401, 400, 403 or 503 before their body is read; up to 1 MiB of it is then thrown away, so that
 * the connection can be used again.
 *
 * Upgrades (WebSockets) don't come to a request listener: they are not guarded.
 *
 * @returns A listener that rejects with what the listener throws, and with a defect of the verifier; nobody is let in
 * then, and nothing is answered. Unless caught, it ends the process, as what any listener throws does.
 * @throws OptionError at once, where an option is missing or malformed.
 *
 * @example
 * createServer(
 *   withVercelToken((request, response) => response.end(request.vercelToken.project), {
 *     team: 'acme',
 *     audience: 'https://orders.acme.example',
 *     allow: [{ projectId: 'prj_7Yc2n', environment: 'production' }],
 *   }),
 * ).listen(8080);
 */
export function withVercelToken(
  listener: (request: IncomingMessage & Verified, response: ServerResponse) => unknown,
  options: VercelTokenOptions<IncomingMessage>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const admit = createDoorkeeper(options);
  return async (request, response) => {
    const { claims, answer } = await admit(authorizationOf(request), request);
    if (claims === undefined) {
      sendAnswer(request, response, answer);
      return;
    }
    setClaims(request, claims);
    await listener(request as IncomingMessage & Verified, response);
  };
}
