import { ownCopy } from '@credex/core/internal';
import type { VercelTokenOptions } from './adapter-options.js';
import { createRequestGuard, setClaims } from './adapter.js';
import type { VercelTokenClaims } from './contract.js';

/** A request with the verified claims of its caller. */
export interface Verified {
  /** The claims of the token that the request came with, verified. */
  readonly vercelToken: VercelTokenClaims;
}

/**
 * Guards a handler of the web's own `Request` and `Response`: a route handler of Next.js, a function of Vercel,
 * Workers, Bun or Deno. The handler runs for the callers that `allow` matches, with their claims as `request.vercelToken`.
 * Further arguments (`{ params }` in Next.js, `env` and `ctx` in Workers) are passed on.
 *
 * Other requests, including `OPTIONS` and `HEAD`, get a response with status 401, 400, 403 or 503 (RFC 6750, section 3). A
 * CORS preflight never carries a token, so handle it before the guard.
 *
 * @throws OptionError immediately, if an option is missing or malformed. The guarded handler rejects with the
 * errors of the handler.
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
  const admit = createRequestGuard(options);
  return async (request, ...rest) => {
    const authorization = request.headers.get('authorization');
    const { claims, refusal } = await admit(authorization === null ? [] : [authorization], request);
    if (claims === undefined) return new Response(refusal.body, ownCopy(refusal));
    setClaims(request, claims);
    return handler(request as R & Verified, ...rest);
  };
}
