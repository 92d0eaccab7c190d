// Compiled, never run: what a handler behind each adapter of @credex/verify sees.
import type { RequestListener } from 'node:http';
import { createTokenVerifier, withVercelToken } from '@credex/verify';
import type {
  TokenVerificationError,
  TokenVerifier,
  VercelTokenClaims,
  VercelTokenOptions,
} from '@credex/verify';
import { vercelToken as expressToken } from '@credex/verify/express';
import { vercelToken as fastifyToken } from '@credex/verify/fastify';
import type { VercelTokenVariables } from '@credex/verify/hono';
import { vercelToken as honoToken } from '@credex/verify/hono';
import { withVercelToken as nodeWithToken } from '@credex/verify/node';
import fastify from 'fastify';
import type { FastifyRequest } from 'fastify';
import { Hono } from 'hono';
import type { Context } from 'hono';

const own = {
  team: 'acme',
  audience: 'https://orders.acme.example',
  allow: [{ projectId: 'prj_shop', environment: 'production' }],
};
const verifier = createTokenVerifier(own);
verifier satisfies TokenVerifier;
const claims = await verifier.verify('token', { signal: AbortSignal.timeout(1_000) });
claims satisfies VercelTokenClaims;
claims.project satisfies string;
claims.user_id satisfies string | undefined;
// @ts-expect-error -- claims are read-only
claims.project = 'other';

// Options: those of a verifier, or a verifier; undefined is the same as left out.
own satisfies VercelTokenOptions;
({ verifier }) satisfies VercelTokenOptions;
({ verifier, realm: undefined, onRefused: undefined, audience: undefined }) satisfies VercelTokenOptions;
({ ...own, verifier: undefined, realm: 'orders' }) satisfies VercelTokenOptions;
// @ts-expect-error -- the audience is required
({ team: 'acme', allow: [] }) satisfies VercelTokenOptions;
// @ts-expect-error -- one or the other
({ ...own, verifier }) satisfies VercelTokenOptions;
// @ts-expect-error -- no such option
({ ...own, realms: 'orders' }) satisfies VercelTokenOptions;
// @ts-expect-error -- a verifier has a method
({ verifier: () => claims }) satisfies VercelTokenOptions;

// Fetch handlers: alone, as a route handler of Next.js with its own request, as a Worker.
withVercelToken((request) => {
  request satisfies Request;
  request.vercelToken satisfies VercelTokenClaims;
  // @ts-expect-error -- set by the guard alone
  request.vercelToken = claims;
  return new Response(request.vercelToken.project);
}, own) satisfies (request: Request) => Promise<Response>;

class NextRequest extends Request {
  readonly nextUrl: URL = new URL(this.url);
}
type Params = { readonly params: Promise<{ readonly id: string }> };
withVercelToken(
  async (request, { params }: Params) => Response.json([(await params).id, request.vercelToken.sub]),
  own,
) satisfies (request: NextRequest, context: Params) => Promise<Response>;
const next = withVercelToken<NextRequest, [Params]>(async (request, { params }) => {
  request.nextUrl satisfies URL;
  (await params).id satisfies string;
  return new Response(request.vercelToken.project);
}, own);
next satisfies (request: NextRequest, context: Params) => Promise<Response>;
// @ts-expect-error -- what comes behind the request is not left out
next satisfies (request: NextRequest) => Promise<Response>;

export default {
  fetch: withVercelToken(
    (request, env: { readonly KV: string }, context: { waitUntil(promise: Promise<unknown>): void }) => {
      context.waitUntil(Promise.resolve(request.vercelToken));
      return new Response(env.KV);
    },
    { verifier },
  ),
};

// @ts-expect-error -- a handler answers with a Response
withVercelToken(() => 'text', own);
withVercelToken(() => new Response(), {
  verifier,
  onRefused(error, request) {
    error satisfies TokenVerificationError;
    error.status satisfies 400 | 401 | 403 | 503;
    request satisfies Request;
  },
});

// Hono: by the middleware of the route, or declared for the app.
new Hono().get('/', honoToken(own), (c) => c.text(c.get('vercelToken').project satisfies string));
new Hono().get('/', honoToken(own), (c) => c.text(c.var.vercelToken.environment));
const app = new Hono<{ Variables: VercelTokenVariables }>();
app.use(honoToken({ verifier, onRefused: (_error, c) => void (c satisfies Context) }));
app.get('/', (c) => c.text(c.var.vercelToken.project));
// @ts-expect-error -- without the middleware nothing is there
new Hono().get('/', (c) => c.text(c.var.vercelToken.project));

// Fastify.
const server = fastify();
await server.register(
  fastifyToken({ ...own, onRefused: (error, request) => request.log.warn(error.code satisfies string) }),
);
server.get('/', (request) => {
  request satisfies FastifyRequest;
  return request.vercelToken.project satisfies string;
});

// Node.
nodeWithToken(
  (request, response) => {
    request.vercelToken satisfies VercelTokenClaims;
    response.end(request.headers.host);
  },
  {
    ...own,
    onRefused: (_error, request) => void (request.socket.remoteAddress satisfies string | undefined),
  },
) satisfies RequestListener;

// Express's own types are the user's to install.
type ExpressRequest = Parameters<ReturnType<typeof expressToken>>[0];
declare const request: ExpressRequest;
request.vercelToken satisfies VercelTokenClaims | undefined;
// @ts-expect-error -- undefined where the middleware has not run
request.vercelToken.project satisfies string;
