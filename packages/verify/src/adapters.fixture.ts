/** Every adapter before the same small API, on a real server on loopback. */

import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import type { NextFunction, Request as ExpressRequest, Response as ExpressResponse } from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import type { VercelTokenOptions } from './adapter-options.js';
import type { VercelTokenClaims } from './contract.js';
import { vercelToken as expressToken } from './express.js';
import { vercelToken as fastifyToken } from './fastify.js';
import { vercelToken as honoToken } from './hono.js';
import { withVercelToken as nodeWithToken } from './node.js';
import { withVercelToken } from './with-vercel-token.js';

export interface GuardedServer {
  readonly url: string;
  readonly port: number;
  /** How often the handler ran. */
  readonly runs: () => number;
  readonly close: () => Promise<void>;
}

/** What the API answers. */
export interface Seen {
  readonly caller: VercelTokenClaims;
  /** Bytes of the body that came to the handler. */
  readonly received: number;
}

/** Any verb on any path; `/defect` throws after the guard. */
type Api = (claims: () => VercelTokenClaims, path: string, body: () => Promise<number>) => Promise<Seen>;

type Build = (options: VercelTokenOptions<unknown>, api: Api) => Server | Promise<Server>;

async function size(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

const bytesOf = async (request: Request): Promise<number> => (await request.arrayBuffer()).byteLength;

const served = (respond: Parameters<typeof getRequestListener>[0]): Server =>
  createServer(
    getRequestListener(respond, {
      errorHandler: () => new Response('defect', { status: 500 }),
    }) as RequestListener,
  );

const BUILDERS: Readonly<Record<string, Build>> = {
  withVercelToken(options, api) {
    const guarded = withVercelToken(async (request, env: { readonly status: number }) => {
      const seen = await api(
        () => request.vercelToken,
        new URL(request.url).pathname,
        () => bytesOf(request),
      );
      return Response.json(seen, env);
    }, options);
    return served((request) => guarded(request, { status: 200 }));
  },

  hono(options, api) {
    const app = new Hono();
    app.all('*', honoToken(options), async (c) =>
      c.json(
        await api(
          () => c.get('vercelToken'),
          c.req.path,
          () => bytesOf(c.req.raw),
        ),
      ),
    );
    app.onError(() => new Response('defect', { status: 500 }));
    return served((request) => app.fetch(request));
  },

  express(options, api) {
    const app = express();
    app.use(expressToken(options));
    app.use(async (req, res) => {
      res.json(
        await api(
          () => req.vercelToken as VercelTokenClaims,
          req.path,
          () => size(req),
        ),
      );
    });
    // Four parameters are how Express knows it for the handler of errors.
    app.use((_error: unknown, _req: ExpressRequest, res: ExpressResponse, _next: NextFunction) => {
      res.status(500).end('defect');
    });
    return createServer(app);
  },

  node(options, api) {
    const guarded = nodeWithToken(async (request, response) => {
      const seen = await api(
        () => request.vercelToken,
        request.url as string,
        () => size(request),
      );
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(seen));
    }, options);
    return createServer((request, response) => {
      guarded(request, response).catch(() => {
        response.statusCode = 500;
        response.end('defect');
      });
    });
  },

  async fastify(options, api) {
    const app = fastify({ forceCloseConnections: true });
    await app.register(fastifyToken(options));
    app.addContentTypeParser('*', (_request: unknown, payload: IncomingMessage) => size(payload));
    app.all('/*', (request) =>
      api(
        () => request.vercelToken,
        request.url,
        () => Promise.resolve((request.body as number | undefined) ?? 0),
      ),
    );
    app.setErrorHandler((_error, _request, reply) => reply.code(500).send('defect'));
    await app.ready();
    return app.server;
  },
};

export const ADAPTERS: readonly string[] = Object.keys(BUILDERS);

/** Starts the API behind the adapter of this name. */
export async function startGuarded(
  adapter: string,
  options: VercelTokenOptions<unknown>,
): Promise<GuardedServer> {
  let runs = 0;
  const server = await (BUILDERS[adapter] as Build)(options, async (claims, path, body) => {
    runs += 1;
    if (path === '/defect') throw new Error('a defect of the handler');
    const received = await body();
    // Others get their turn between the guard and the answer.
    await setImmediate();
    return { caller: claims(), received };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    runs: () => runs,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
