/** The adapter for Hono. */

import type { Context, MiddlewareHandler } from 'hono';
import { ownCopy } from '@credex/core/internal';
import type { VercelTokenOptions } from './adapter-options.js';
import { createRequestGuard } from './adapter.js';
import type { VercelTokenClaims } from './contract.js';

/** The variables that the middleware sets in the context: pass this type to `new Hono<{ Variables: VercelTokenVariables }>()`. */
export interface VercelTokenVariables {
  /** The claims of the token that the request came with, verified. */
  vercelToken: VercelTokenClaims;
}

/**
 * Middleware that accepts the callers that `allow` matches and sets their claims as `c.get('vercelToken')`. Other requests
 * get a response with status 401, 400, 403 or 503, and no later handler runs.
 *
 * @throws OptionError immediately, if an option is missing or malformed.
 *
 * @example
 * app.use('/api/*', vercelToken({ team, audience, allow: [{ projectId, environment: 'production' }] }));
 * app.get('/api/orders', (c) => c.json({ caller: c.get('vercelToken').project }));
 */
export function vercelToken(
  options: VercelTokenOptions<Context>,
): MiddlewareHandler<{ Variables: VercelTokenVariables }> {
  const admit = createRequestGuard(options);
  return async (c, next) => {
    const authorization = c.req.raw.headers.get('authorization');
    const { claims, refusal } = await admit(authorization === null ? [] : [authorization], c);
    if (claims === undefined) return new Response(refusal.body, ownCopy(refusal));
    c.set('vercelToken', claims);
    await next();
    return undefined;
  };
}
