import { ownCopy } from '@credex/core/driver';
import type { VercelTokenOptions } from './adapter-options.js';
import { createDoorkeeper, setClaims } from './adapter.js';
import type { VercelTokenClaims } from './contract.js';

/** A request whose caller is known. */
export interface Verified {
  /** The claims of the token that the request came with, verified. */
  readonly vercelToken: VercelTokenClaims;
}

/**
 * Guards a handler of the web's own `Request` and `Response`: a route handler of Next.js, a function of Vercel,
 * Workers, Bun or Deno. The handler runs for callers that are let in, with their claims at `request.vercelToken`;
 * what comes behind the request (`{ params }` in Next.js, `env` and `ctx` in Workers) is passed on as it is.
 *
 * All others are answered 401, 400, 403 or 503 (RFC 6750, section 3), `OPTIONS` and `HEAD` too: an answer to a CORS
 * preflight, which never carries a token, belongs before the guard.
 *
 * @throws OptionError at once, where an option is missing or malformed. The guarded handler rejects with what the
 * handler throws.
 *
 * @example
 * export const GET = withVercelToken((request) => Response.json({ caller: request.vercelToken.project }), {
 *   team: 'acme',
 *   audience: 'https://orders.acme.example',
 *   allow: [{ projectId: 'prj_7Yc2n', environment: 'production' }],
 * });
 */
export function withVercelToken<R extends Request = Request, Rest extends unknown[] = []>(
  handler: (request: R & Verified, ...rest: Rest) => Response | Promise<Response>,
  options: VercelTokenOptions<R>,
): (request: R, ...rest: Rest) => Promise<Response> {
  const admit = createDoorkeeper(options);
  return async (request, ...rest) => {
    const authorization = request.headers.get('authorization');
    const { claims, answer } = await admit(authorization === null ? [] : [authorization], request);
    if (claims === undefined) return new Response(answer.body, ownCopy(answer));
    setClaims(request, claims);
    return handler(request as R & Verified, ...rest);
  };
}
