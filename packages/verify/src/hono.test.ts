import { OptionError } from '@credex/core';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { expect, test, vi } from 'vitest';
import type { TokenVerifier, VercelTokenClaims } from './contract.js';
import { TokenVerificationError } from './errors.js';
import type { VercelTokenVariables } from './hono.js';
import { vercelToken } from './hono.js';

const verifier: TokenVerifier = {
  verify: (token) =>
    token === 'bad'
      ? Promise.reject(new TokenVerificationError({ code: 'token_expired', message: 'Too late.' }))
      : Promise.resolve({ project: token } as VercelTokenClaims),
};
const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

test('guards the paths that it is used for, and no others', async () => {
  const app = new Hono<{ Variables: VercelTokenVariables }>();
  app.use('/api/*', vercelToken({ verifier }));
  app.get('/api/orders', (c) => c.text(c.var.vercelToken.project));
  app.get('/health', (c) => c.text(String(c.get('vercelToken'))));
  expect(await (await app.request('/api/orders', as('shop'))).text()).toBe('shop');
  expect((await app.request('/api/orders', as('bad'))).status).toBe(401);
  expect((await app.request('/api/unknown')).status).toBe(401);
  expect(await (await app.request('/health', as('shop'))).text()).toBe('undefined');
});

test('claims that an earlier handler put there are overwritten, or not reached', async () => {
  const app = new Hono<{ Variables: VercelTokenVariables }>();
  app.use((c, next) => {
    c.set('vercelToken', { project: 'forged' } as VercelTokenClaims);
    return next();
  });
  app.get('/', vercelToken({ verifier }), (c) => c.text(c.get('vercelToken').project));
  expect(await (await app.request('/', as('shop'))).text()).toBe('shop');
  expect((await app.request('/')).status).toBe(401);
});

test('behind cors(), a preflight is answered and a refusal can be read by the page', async () => {
  const app = new Hono();
  app.use(cors({ origin: 'https://shop.example' }), vercelToken({ verifier }));
  app.get('/', (c) => c.text('ok'));
  const origin = { Origin: 'https://shop.example' };
  const preflight = await app.request('/', { method: 'OPTIONS', headers: origin });
  expect(preflight.status).toBe(204);
  const refused = await app.request('/', { headers: origin });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('access-control-allow-origin')).toBe('https://shop.example');
});

test('the log is told with the context, and a defect comes to onError', async () => {
  const onRefused = vi.fn();
  const defective: TokenVerifier = { verify: () => Promise.reject(new RangeError('a defect')) };
  const app = new Hono();
  app.get('/orders', vercelToken({ verifier, onRefused: (error, c) => onRefused(error.code, c.req.path) }));
  app.get('/defect', vercelToken({ verifier: defective }), (c) => c.text('let in'));
  app.onError((error, c) => c.text(error.name, 500));
  await app.request('/orders', as('bad'));
  expect(onRefused.mock.calls).toEqual([['token_expired', '/orders']]);
  const answer = await app.request('/defect', as('shop'));
  expect([answer.status, await answer.text()]).toEqual([500, 'RangeError']);
});

test('wrong options are found before any request', () => {
  expect(() => vercelToken({ verifier, realm: '"' })).toThrow(OptionError);
});
