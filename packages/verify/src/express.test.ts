import { createServer } from 'node:http';
import { OptionError } from '@credex/core';
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import { expect, test, vi } from 'vitest';
import type { TokenVerifier, VercelTokenClaims } from './contract.js';
import { TokenVerificationError } from './errors.js';
import { vercelToken } from './express.js';
import { exchange } from './wire.fixture.js';
import type { WireRequest } from './wire.fixture.js';

const verifier: TokenVerifier = {
  verify: (token) =>
    token === 'bad'
      ? Promise.reject(new TokenVerificationError({ code: 'token_expired', message: 'Too late.' }))
      : Promise.resolve({ project: token } as VercelTokenClaims),
};
const as = (token: string, request: WireRequest = {}): WireRequest => ({
  ...request,
  lines: [...(request.lines ?? []), `Authorization: Bearer ${token}`],
});

/** The answers of an app to requests on one connection: `status body`. */
async function ask(app: Express, ...requests: readonly WireRequest[]): Promise<string[]> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as { port: number };
    return (await exchange(port, ...requests)).map(({ status, body }) => `${status} ${body}`);
  } finally {
    server.close();
  }
}

test('guards the paths that it is mounted on, and no others', async () => {
  const app = express();
  app.use('/api', vercelToken({ verifier }));
  app.get('/api/orders', (req, res) => res.end(req.vercelToken?.project));
  app.get('/health', (req, res) => res.end(String(req.vercelToken)));
  expect(
    await ask(
      app,
      as('shop', { path: '/api/orders' }),
      as('bad', { path: '/api/orders' }),
      { path: '/api/unknown' },
      as('shop', { path: '/health' }),
    ),
  ).toEqual(['200 shop', '401 {"error":"invalid_token"}', '401 {"error":"missing_token"}', '200 undefined']);
});

test('before a body parser, a refused body is not parsed', async () => {
  const parsed = vi.fn();
  const app = express();
  app.use(vercelToken({ verifier }), express.json({ verify: parsed }));
  app.post('/', (req, res) => res.json(req.body));
  const post = { method: 'POST', lines: ['Content-Type: application/json'], body: '{"a":1}' };
  expect(await ask(app, as('bad', post))).toEqual(['401 {"error":"invalid_token"}']);
  expect(parsed).not.toHaveBeenCalled();
  expect(await ask(app, as('shop', post))).toEqual(['200 {"a":1}']);
});

test('claims that an earlier middleware put there are overwritten', async () => {
  const app = express();
  app.use((req, _res, next) => {
    Object.assign(req, { vercelToken: { project: 'forged' } });
    next();
  });
  app.get('/', vercelToken({ verifier }), (req, res) => res.end(req.vercelToken?.project));
  expect(await ask(app, as('shop'), as('bad'))).toEqual(['200 shop', '401 {"error":"invalid_token"}']);
});

test("the log is told with Express's request; a defect comes to the handler of errors", async () => {
  const onRefused = vi.fn();
  const app = express();
  app.get('/orders', vercelToken({ verifier, onRefused: (error, req) => onRefused(error.code, req.path) }));
  app.get('/', vercelToken({ verifier: { verify: () => Promise.reject(new RangeError('a defect')) } }));
  app.use((_req, res) => res.end('let in'));
  app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
    res.status(500).end(error.name);
  });
  expect(await ask(app, as('bad', { path: '/orders' }), as('shop'))).toEqual([
    '401 {"error":"invalid_token"}',
    '500 RangeError',
  ]);
  expect(onRefused.mock.calls).toEqual([['token_expired', '/orders']]);
});

test('where something else has answered meanwhile, nothing is answered again', async () => {
  const app = express();
  app.use((_req, res, next) => {
    next();
    res.status(503).end('too slow');
  });
  app.use(vercelToken({ verifier }));
  const failed = vi.fn();
  app.use((error: unknown, _req: Request, _res: Response, next: NextFunction) => {
    failed(error);
    next();
  });
  expect(await ask(app, as('bad'))).toEqual(['503 too slow']);
  expect(failed).not.toHaveBeenCalled();
});

test('wrong options are found before any request', () => {
  expect(() => vercelToken({ verifier, realm: '"' })).toThrow(OptionError);
});
