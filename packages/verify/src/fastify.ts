/** The adapter for Fastify. */

import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { VercelTokenOptions } from './adapter-options.js';
import { createRequestGuard, authorizationOf } from './adapter.js';
import type { VercelTokenClaims } from './contract.js';
import { drain } from './node-refusal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The claims of the token that the request came with, verified. Reading them before the guard has run throws; in a
     * scope without a guard they are undefined, in spite of the type.
     */
    readonly vercelToken: VercelTokenClaims;
  }
}

const CLAIMS = Symbol('credex.claims');

/**
 * A plugin that accepts the callers that `allow` matches and sets their claims as `request.vercelToken`. Other requests get
 * a response with status 401, 400, 403 or 503 before their body is parsed, and no handler runs. It guards every route of the
 * scope that it is registered in, including child scopes and the response to unknown paths.
 *
 * @throws OptionError immediately, if an option is missing or malformed.
 *
 * @example
 * await app.register(vercelToken({ team, audience, allow: [{ projectId, environment: 'production' }] }));
 * app.get('/orders', (request) => ({ caller: request.vercelToken.project }));
 */
export function vercelToken(options: VercelTokenOptions<FastifyRequest>): FastifyPluginCallback {
  const admit = createRequestGuard(options);
  const plugin: FastifyPluginCallback = (instance, _options, done) => {
    // Registered twice in a scope, or in a scope and its child: each guard checks the request, and the last one sets the claims.
    if (!instance.hasRequestDecorator(CLAIMS)) {
      instance.decorateRequest(CLAIMS, null);
      instance.decorateRequest('vercelToken', { getter: claimsOf });
    }
    instance.addHook('onRequest', async (request, reply) => {
      const { claims, refusal } = await admit(authorizationOf(request.raw), request);
      if (claims !== undefined) {
        (request as WithClaims)[CLAIMS] = claims;
        return undefined;
      }
      drain(request.raw);
      return reply.code(refusal.status).headers(refusal.headers).send(refusal.body);
    });
    done();
  };
  return Object.assign(plugin, PLUGIN);
}

interface WithClaims {
  [CLAIMS]?: VercelTokenClaims | null;
}

function claimsOf(this: FastifyRequest): VercelTokenClaims {
  const claims = (this as WithClaims)[CLAIMS];
  if (claims) return claims;
  throw new Error('vercelToken() has not run for this request: register it in the scope of this route.');
}

/** The properties that fastify-plugin would set: hooks and decorators apply to the scope that calls register(). */
const PLUGIN = {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@credex/verify',
  [Symbol.for('plugin-meta')]: { name: '@credex/verify', fastify: '5.x' },
};
