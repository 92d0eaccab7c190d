/** Every adapter on a real server, with a verifier that does as the token says. */

import { afterEach, beforeEach, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import type { GuardedServer, Seen } from './adapters.fixture.js';
import { ADAPTERS, startGuarded } from './adapters.fixture.js';
import type { TokenVerifier, VercelTokenClaims } from './contract.js';
import { TokenVerificationError } from './errors.js';
import type { TokenVerificationErrorCode } from './errors.js';
import { answersOf, converse, exchange, requestText } from './wire.fixture.js';
import { DRAINED_BYTES } from './node-refusal.js';

vi.setConfig({ testTimeout: 30_000 });

const failed = (code: TokenVerificationErrorCode): TokenVerificationError =>
  new TokenVerificationError({ code, message: 'secret words', hint: 'secret hint' });

const verifier: TokenVerifier = {
  async verify(token) {
    const [kind, project = 'shop'] = token.split('.');
    if (kind === 'good') return { project } as VercelTokenClaims;
    if (kind === 'denied') throw failed('not_allowed');
    if (kind === 'down') throw failed('keys_unavailable');
    if (kind === 'defect') throw new RangeError('secret defect');
    if (kind === 'nothing') throw undefined;
    if (kind === 'route' || kind === 'router') throw kind;
    throw failed('invalid_signature');
  },
};

/** Status and challenge, by the body's word. */
const REFUSALS = {
  missing_token: [401, 'Bearer realm="orders"'],
  invalid_request: [400, 'Bearer realm="orders", error="invalid_request"'],
  invalid_token: [401, 'Bearer realm="orders", error="invalid_token"'],
  insufficient_scope: [403, 'Bearer realm="orders", error="insufficient_scope"'],
} as const;

const bearer = (token: string): string => `Authorization: Bearer ${token}`;

describe.each(ADAPTERS)('%s', (adapter) => {
  const onRefused = vi.fn();
  let server: GuardedServer;
  beforeEach(async () => {
    onRefused.mockReset();
    server = await startGuarded(adapter, { verifier, realm: 'orders', onRefused });
  });
  afterEach(() => server.close());

  const one = async (...args: Parameters<typeof exchange> extends [number, ...infer R] ? R : never) => {
    const answers = await exchange(server.port, ...args);
    expect(answers).toHaveLength(args.length);
    return answers;
  };
  const get = async (...lines: readonly string[]) => (await one({ lines }))[0];

  test('who is let in reaches the handler, with its claims', async () => {
    const answer = await fetch(server.url, { headers: { authorization: 'Bearer good.shop' } });
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as Seen).caller).toEqual({ project: 'shop' });
    expect(server.runs()).toBe(1);
    expect(onRefused).not.toHaveBeenCalled();
  });

  test.each([
    ['nothing', [], 'missing_token'],
    ['an empty header', ['Authorization:'], 'missing_token'],
    ['another scheme', ['Authorization: Basic Z29vZA=='], 'missing_token'],
    ['the token in another header', ['x-vercel-oidc-token: good'], 'missing_token'],
    ['a proxy’s header', ['Proxy-Authorization: Bearer good'], 'missing_token'],
    ['a cookie', ['Cookie: authorization=Bearer good; access_token=good'], 'missing_token'],
    ['forged claims', ['vercelToken: {"project":"shop"}', 'x-vercel-token: good'], 'missing_token'],
    ['a token that is not valid', [bearer('forged')], 'invalid_token'],
    ['a token that is not allowed', [bearer('denied')], 'insufficient_scope'],
    ['two headers', [bearer('good'), bearer('forged')], 'invalid_request'],
    ['two headers, the good one last', [bearer('forged'), 'authorization: Bearer good'], 'invalid_request'],
    ['the same header twice', [bearer('good'), bearer('good')], 'invalid_request'],
    ['two schemes', ['Authorization: Basic Z29vZA==', bearer('good')], 'invalid_request'],
    ['two tokens joined', [`${bearer('good')}, Bearer good`], 'invalid_request'],
    ['a quoted token', ['Authorization: Bearer "good"'], 'invalid_request'],
    ['two spaces', ['Authorization: Bearer  good'], 'invalid_request'],
    ['a tab', ['Authorization: Bearer\tgood'], 'invalid_request'],
    ['bytes outside of ASCII', [`${bearer('good')}\xe9`], 'invalid_request'],
    ['the scheme alone', ['Authorization: Bearer'], 'invalid_request'],
  ] as const)('%s: refused, and no handler runs', async (_, lines, error) => {
    const [status, challenge] = REFUSALS[error];
    const answer = await get(...lines);
    expect(answer).toMatchObject({
      status,
      headers: {
        'www-authenticate': challenge,
        'cache-control': 'no-store',
        'content-type': expect.stringMatching(/^application\/json/),
        'content-length': String(`{"error":"${error}"}`.length),
      },
      body: JSON.stringify({ error }),
    });
    expect(server.runs()).toBe(0);
    expect(onRefused).toHaveBeenCalledTimes(1);
    expect(onRefused.mock.calls[0]?.[0]).toMatchObject({ status });
  });

  test.each(['bearer', 'BEARER'])('the scheme may be written %s', async (scheme) => {
    expect(await get(`Authorization: ${scheme} good`)).toMatchObject({ status: 200 });
  });

  test('a token in the query or in a form is none', async () => {
    const form = { lines: ['Content-Type: application/x-www-form-urlencoded'], body: 'access_token=good' };
    const [query, posted] = await one({ path: '/?access_token=good' }, { method: 'POST', ...form });
    expect([query?.status, posted?.status]).toEqual([401, 401]);
    expect(server.runs()).toBe(0);
  });

  test('where the keys cannot be had, the caller is told to come again', async () => {
    const answer = await get(bearer('down'));
    expect(answer).toMatchObject({ status: 503, body: '{"error":"temporarily_unavailable"}' });
    expect(answer?.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(answer?.headers).not.toHaveProperty('www-authenticate');
    expect(server.runs()).toBe(0);
  });

  test("a defect of the verifier, or of the handler, is the framework's to answer", async () => {
    const [verifiers] = await one({ lines: [bearer('defect')] });
    expect(verifiers?.status).toBe(500);
    expect(verifiers?.body).not.toContain('secret');
    expect(server.runs()).toBe(0);
    const [handlers] = await one({ path: '/defect', lines: [bearer('good')] });
    expect([handlers?.status, server.runs()]).toEqual([500, 1]);
    expect(onRefused).not.toHaveBeenCalled();
  });

  test.each(['nothing', 'route', 'router'])(
    'a verifier that throws something else than an error accepts no request: %s',
    async (token) => {
      expect(await get(bearer(token))).toMatchObject({ status: 500 });
      expect(server.runs()).toBe(0);
    },
  );

  test('a log that throws costs no answer', async () => {
    onRefused.mockImplementation(() => {
      throw new Error('the log is full');
    });
    expect(await get(bearer('forged'))).toMatchObject({ status: 401, body: '{"error":"invalid_token"}' });
    onRefused.mockImplementation(() => Promise.reject(new Error('the log is full')));
    expect(await get(bearer('forged'))).toMatchObject({ status: 401, body: '{"error":"invalid_token"}' });
    expect([onRefused.mock.calls.length, server.runs()]).toEqual([2, 0]);
  });

  test('HEAD and OPTIONS need a token too', async () => {
    const [head] = await one({ method: 'HEAD', lines: [bearer('forged')] });
    expect(head).toMatchObject({ status: 401, body: '' });
    expect(head?.headers['www-authenticate']).toContain('invalid_token');
    const [preflight] = await one({
      method: 'OPTIONS',
      lines: ['Origin: https://shop.example', 'Access-Control-Request-Method: GET'],
    });
    expect(preflight?.status).toBe(401);
    expect(server.runs()).toBe(0);
    const [allowed] = await one({ method: 'HEAD', lines: [bearer('good')] });
    expect(allowed).toMatchObject({ status: 200, body: '' });
    expect(server.runs()).toBe(1);
  });

  test('a header of a megabyte reaches no handler, and the next caller is served', async () => {
    const answer = await get(bearer('a'.repeat(1_000_000)));
    expect(answer?.status).toBe(431);
    expect(await get(bearer('good'))).toMatchObject({ status: 200 });
    expect(server.runs()).toBe(1);
  });

  test('on one connection, each request is judged by its own token', async () => {
    const answers = await one(
      { lines: [bearer('good.first')] },
      {},
      { lines: [bearer('forged')] },
      { lines: [bearer('good.second')] },
      { lines: [bearer('denied')] },
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 200, 403]);
    expect(answers[0]?.body).toContain('"first"');
    expect(answers[3]?.body).toContain('"second"');
    expect(server.runs()).toBe(2);
  });

  test('a body comes to the handler whole, however long the verifier takes', async () => {
    const body = 'x'.repeat(400_000);
    const type = 'Content-Type: application/octet-stream';
    const [answer] = await one({ method: 'POST', lines: [type, bearer('good')], body });
    expect(answer?.status).toBe(200);
    expect(answer?.body).toContain('"received":400000');
  });

  test('a refused body is thrown away, and the connection is good for the next request', async () => {
    const body = 'GET / HTTP/1.1\r\nAuthorization: Bearer good\r\n\r\n'.repeat(8_000);
    const lines = [bearer('forged'), 'Content-Type: application/json'];
    const [refused, good] = await one({ method: 'POST', lines, body }, { lines: [bearer('good')] });
    expect([refused?.status, good?.status]).toEqual([401, 200]);
    expect(server.runs()).toBe(1);
  });

  it('answers before the body has come', async () => {
    const { said } = await converse(server.port, (socket) => {
      socket.write(
        requestText({ method: 'POST', lines: [bearer('forged'), 'Content-Length: 1000'] }),
        'latin1',
      );
      socket.once('data', () => socket.destroy());
    });
    expect(answersOf(said)[0]?.status).toBe(401);
  });

  test('callers at the same time never see the claims of each other', async () => {
    const names = Array.from({ length: 60 }, (_, at) => `project-${at}`);
    const answers = await Promise.all(
      names.map(async (name, at) => {
        const token = at % 3 === 2 ? `forged.${name}` : `good.${name}`;
        const answer = await fetch(server.url, { headers: { authorization: `Bearer ${token}` } });
        return answer.status === 200 ? ((await answer.json()) as Seen).caller.project : answer.status;
      }),
    );
    expect(answers).toEqual(names.map((name, at) => (at % 3 === 2 ? 401 : name)));
  });
});

// What Hono's server does with such a body is its own.
const DRAINING = ADAPTERS.filter((adapter) => !['hono', 'withVercelToken'].includes(adapter));

test.each(DRAINING)('%s gives up a connection on which a refused body has no end', async (adapter) => {
  const server = await startGuarded(adapter, { verifier });
  onTestFinished(() => server.close());
  const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`;
  const { said, sentBytes } = await converse(server.port, (socket) => {
    socket.write(requestText({ method: 'POST', lines: [bearer('forged'), 'Transfer-Encoding: chunked'] }));
    const more = (): void => {
      while (!socket.destroyed && socket.bytesWritten < 64 * DRAINED_BYTES && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  });
  expect(answersOf(said)[0]?.status).toBe(401);
  expect(sentBytes).toBeGreaterThan(DRAINED_BYTES);
  expect(sentBytes).toBeLessThan(64 * DRAINED_BYTES);
  expect(server.runs()).toBe(0);
});
