/** The adapter for servers of node:http and node:https. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { VercelTokenOptions } from './adapter-options.js';
import { createRequestGuard, setClaims, authorizationOf } from './adapter.js';
import { sendRefusal } from './node-refusal.js';
import type { Verified } from './with-vercel-token.js';

/**
 * Guards a request listener: it runs for the callers that `allow` matches, with their claims as `request.vercelToken`. Other
 * requests get a response with status 401, 400, 403 or 503 before their body is read. Up to 1 MiB of the body is then
 * discarded, so that the connection can be reused.
 *
 * Upgrades (WebSockets) do not reach a request listener and are not guarded.
 *
 * @returns A listener that rejects if your listener or the verifier throws. It then sends no response. An uncaught rejection
 * ends the process, as with any listener.
 * @throws OptionError immediately, if an option is missing or malformed.
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
  const admit = createRequestGuard(options);
  return async (request, response) => {
    const { claims, refusal } = await admit(authorizationOf(request), request);
    if (claims === undefined) {
      sendRefusal(request, response, refusal);
      return;
    }
    setClaims(request, claims);
    await listener(request as IncomingMessage & Verified, response);
  };
}
