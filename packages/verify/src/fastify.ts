/** The adapter for Fastify. */

import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { VercelTokenOptions } from './adapter-options.js';
import { createDoorkeeper } from './adapter.js';
import { authorizationOf } from './bearer.js';
import type { VercelTokenClaims } from './contract.js';
import { drain } from './node-answer.js';

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The claims of the token that the request came with, verified. Reading them before the guard has run throws; in a
     * scope that has no guard they are undefined, whatever the type says.
     */
    readonly vercelToken: VercelTokenClaims;
  }
}

const CLAIMS = Symbol('credex.claims');

/**
 * A plugin that lets in who the options allow, with the caller's claims at `request.vercelToken`. All others are
 * answered 401, 400, 403 or 503 before their body is parsed, and no handler runs. It guards every route of the scope
 * that it is registered in, its children and the answer to unknown paths included.
 *
 * @throws OptionError at once, where an option is missing or malformed.
 *
 * @example
 * await app.register(vercelToken({ team, audience, allow: [{ projectId, environment: 'production' }] }));
 * app.get('/orders', (request) => ({ caller: request.vercelToken.project }));
 */
export function vercelToken(options: VercelTokenOptions<FastifyRequest>): FastifyPluginCallback {
  const admit = createDoorkeeper(options);
  const plugin: FastifyPluginCallback = (instance, _options, done) => {
    // Twice in one scope, or in a scope and its child: each guard asks, the last one's claims count.
    if (!instance.hasRequestDecorator(CLAIMS)) {
      instance.decorateRequest(CLAIMS, null);
      instance.decorateRequest('vercelToken', { getter: claimsOf });
    }
    instance.addHook('onRequest', async (request, reply) => {
      const { claims, answer } = await admit(authorizationOf(request.raw), request);
      if (claims !== undefined) {
        (request as WithClaims)[CLAIMS] = claims;
        return undefined;
      }
      drain(request.raw);
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
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
  throw new Error('vercelToken() has not let this request in: register it in the scope of this route.');
}

/** What fastify-plugin would set: hooks and decorators belong to the scope of register(), not to one of their own. */
const PLUGIN = {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@credex/verify',
  [Symbol.for('plugin-meta')]: { name: '@credex/verify', fastify: '5.x' },
};
