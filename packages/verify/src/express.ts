/** The adapter for Express, 4 and 5. */

import type { Request, RequestHandler } from 'express';
import type { VercelTokenOptions } from './adapter-options.js';
import { createDoorkeeper, setClaims } from './adapter.js';
import { authorizationOf } from './bearer.js';
import type { VercelTokenClaims } from './contract.js';
import { sendAnswer } from './node-answer.js';

declare global {
  namespace Express {
    interface Request {
      /** The claims of the token that the request came with, verified; undefined where `vercelToken()` has not run. */
      readonly vercelToken?: VercelTokenClaims;
    }
  }
}

/**
 * Middleware that lets in who the options allow, with the caller's claims at `req.vercelToken`. All others are
 * answered 401, 400, 403 or 503, and nothing behind it runs: put it before body parsers, which then read nothing of a
 * caller that is refused.
 *
 * @throws OptionError at once, where an option is missing or malformed.
 *
 * @example
 * app.use('/api', vercelToken({ team, audience, allow: [{ projectId, environment: 'production' }] }));
 * app.get('/api/orders', (req, res) => res.json({ caller: req.vercelToken?.project }));
 */
export function vercelToken(options: VercelTokenOptions<Request>): RequestHandler {
  const admit = createDoorkeeper(options);
  // By then(): Express 4 looks at no promise, and what next() throws is Express's own, not ours to pass to next() again.
  return (request, response, next) => {
    admit(authorizationOf(request), request)
      .then(({ claims, answer }) => {
        if (claims === undefined) {
          sendAnswer(request, response, answer);
          return false;
        }
        setClaims(request, claims);
        return true;
      })
      .then((admitted) => (admitted ? next() : undefined), next);
  };
}
