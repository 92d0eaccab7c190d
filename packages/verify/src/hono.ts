/** The adapter for Hono. */

import type { Context, MiddlewareHandler } from 'hono';
import { ownCopy } from '@credex/core/driver';
import type { VercelTokenOptions } from './adapter-options.js';
import { createDoorkeeper } from './adapter.js';
import type { VercelTokenClaims } from './contract.js';

/** What the middleware puts into the context: give it to `new Hono<{ Variables: VercelTokenVariables }>()`. */
export interface VercelTokenVariables {
  /** The claims of the token that the request came with, verified. */
  vercelToken: VercelTokenClaims;
}

/**
 * Middleware that lets in who the options allow, with the caller's claims at `c.get('vercelToken')`. All others are
 * answered 401, 400, 403 or 503, and no handler behind it runs.
 *
 * @throws OptionError at once, where an option is missing or malformed.
 *
 * @example
 * app.use('/api/*', vercelToken({ team, audience, allow: [{ projectId, environment: 'production' }] }));
 * app.get('/api/orders', (c) => c.json({ caller: c.get('vercelToken').project }));
 */
export function vercelToken(
  options: VercelTokenOptions<Context>,
): MiddlewareHandler<{ Variables: VercelTokenVariables }> {
  const admit = createDoorkeeper(options);
  return async (c, next) => {
    const authorization = c.req.raw.headers.get('authorization');
    const { claims, answer } = await admit(authorization === null ? [] : [authorization], c);
    if (claims === undefined) return new Response(answer.body, ownCopy(answer));
    c.set('vercelToken', claims);
    await next();
    return undefined;
  };
}
