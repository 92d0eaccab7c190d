import { OptionError } from '@credex/core';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, test, vi } from 'vitest';
import type { TokenVerifier, VercelTokenClaims } from './contract.js';
import { TokenVerificationError } from './errors.js';
import { vercelToken } from './fastify.js';

/** Lets in whoever names a project that stands in the list. */
const only = (...projects: readonly string[]): TokenVerifier => ({
  verify: (token) =>
    projects.includes(token)
      ? Promise.resolve({ project: token, environment: projects.join() } as VercelTokenClaims)
      : Promise.reject(new TokenVerificationError({ code: 'not_allowed', message: 'No.' })),
});
const verifier = only('shop', 'blog');

const ask = async (app: FastifyInstance, url: string, token?: string) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { statusCode, body } = await app.inject({ url, headers });
  return statusCode === 200 ? body : statusCode;
};

describe('the scope of register()', () => {
  it('is guarded as a whole: earlier routes, later routes, children, unknown paths', async () => {
    const app = fastify();
    app.get('/earlier', (request) => request.vercelToken.project);
    await app.register(vercelToken({ verifier }));
    app.get('/later', (request) => request.vercelToken.project);
    app.register((child, _, done) => {
      child.get('/child', (request) => request.vercelToken.project);
      done();
    });
    for (const url of ['/earlier', '/later', '/child']) {
      expect(await ask(app, url)).toBe(401);
      expect(await ask(app, url, 'shop')).toBe('shop');
    }
    expect(await ask(app, '/unknown')).toBe(401);
    expect(await ask(app, '/unknown', 'shop')).toBe(404);
  });

  it('is not left: a sibling is open, and reads no claims there', async () => {
    const app = fastify();
    app.register(async (child) => {
      await child.register(vercelToken({ verifier }));
      child.get('/orders', (request) => request.vercelToken.project);
    });
    app.get('/health', () => 'well');
    app.get('/forgotten', (request) => String(request.vercelToken?.project));
    expect(await ask(app, '/orders')).toBe(401);
    expect(await ask(app, '/orders', 'shop')).toBe('shop');
    expect(await ask(app, '/health')).toBe('well');
    expect(await ask(app, '/forgotten', 'shop')).toBe('undefined');
  });

  it('may hold a stricter one: both must let in, and the inner claims count', async () => {
    const app = fastify();
    await app.register(vercelToken({ verifier }));
    app.register(async (child) => {
      await child.register(vercelToken({ verifier: only('shop') }));
      child.get('/orders', (request) => request.vercelToken.environment);
    });
    app.get('/posts', (request) => request.vercelToken.environment);
    expect(await ask(app, '/posts', 'blog')).toBe('shop,blog');
    expect(await ask(app, '/orders', 'blog')).toBe(403);
    expect(await ask(app, '/orders', 'shop')).toBe('shop');
  });
});

test('claims read before the guard ran are an error, not undefined', async () => {
  const app = fastify();
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.url === '/early') String(request.vercelToken.project);
    done();
  });
  await app.register(vercelToken({ verifier }));
  app.get('/early', () => 'let in');
  expect(await ask(app, '/early', 'shop')).toBe(500);
});

test('a refused body is not parsed, and no schema is told', async () => {
  const parse = vi.fn((_request: unknown, _body: unknown, done: (error: null, body: unknown) => void) =>
    done(null, {}),
  );
  const app = fastify();
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, parse);
  await app.register(vercelToken({ verifier }));
  app.post('/', () => 'let in');
  const headers = { 'content-type': 'text/csv' };
  const refused = await app.inject({ method: 'POST', url: '/', headers, payload: 'a,b' });
  expect([refused.statusCode, parse.mock.calls.length]).toEqual([401, 0]);
  const allowed = await app.inject({
    method: 'POST',
    url: '/',
    headers: { ...headers, authorization: 'Bearer shop' },
    payload: 'a,b',
  });
  expect([allowed.body, parse.mock.calls.length]).toEqual(['let in', 1]);
});

test("the log is told with Fastify's request; a defect comes to the handler of errors", async () => {
  const onRefused = vi.fn();
  const app = fastify();
  await app.register(vercelToken({ verifier, onRefused: (error, { url }) => onRefused(error.code, url) }));
  app.get('/', () => 'let in');
  await ask(app, '/?q=1', 'other');
  expect(onRefused.mock.calls).toEqual([['not_allowed', '/?q=1']]);

  const defective = fastify();
  await defective.register(
    vercelToken({ verifier: { verify: () => Promise.reject(new RangeError('a defect')) } }),
  );
  defective.setErrorHandler((error, _request, reply) => reply.code(500).send((error as Error).name));
  defective.get('/', () => 'let in');
  const { statusCode, body } = await defective.inject({
    url: '/',
    headers: { authorization: 'Bearer shop' },
  });
  expect([statusCode, body]).toEqual([500, 'RangeError']);
});

test('wrong options are found before register()', () => {
  expect(() => vercelToken({ verifier, realm: '"' })).toThrow(OptionError);
});
