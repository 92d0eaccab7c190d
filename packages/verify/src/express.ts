/** The adapter for Express, 4 and 5. */

import type { Request, RequestHandler } from 'express';
import type { VercelTokenOptions } from './adapter-options.js';
import { createRequestGuard, setClaims, authorizationOf } from './adapter.js';
import type { VercelTokenClaims } from './contract.js';
import { sendRefusal } from './node-refusal.js';

declare global {
  namespace Express {
    interface Request {
      /** The claims of the token that the request came with, verified; undefined if `vercelToken()` has not run. */
      readonly vercelToken?: VercelTokenClaims;
    }
  }
}

/**
 * Middleware that accepts the callers that `allow` matches and sets their claims as `req.vercelToken`. Other requests get a
 * response with status 401, 400, 403 or 503, and no later handler runs. Put it before body parsers, so that the body of a
 * refused request is not parsed.
 *
 * @throws OptionError immediately, if an option is missing or malformed.
 *
 * @example
 * app.use('/api', vercelToken({ team, audience, allow: [{ projectId, environment: 'production' }] }));
 * app.get('/api/orders', (req, res) => res.json({ caller: req.vercelToken?.project }));
 */
export function vercelToken(options: VercelTokenOptions<Request>): RequestHandler {
  const admit = createRequestGuard(options);
  // Express 4 ignores a returned promise, so this uses then(). An error thrown by next() must not be passed to next() again.
  return (request, response, next) => {
    admit(authorizationOf(request), request)
      .then(({ claims, refusal }) => {
        if (claims === undefined) {
          sendRefusal(request, response, refusal);
          return false;
        }
        setClaims(request, claims);
        return true;
      })
      .then((admitted) => (admitted ? next() : undefined), next);
  };
}
