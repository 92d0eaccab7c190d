import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { OptionError } from '@credex/core';
import { expect, test, vi } from 'vitest';
import type { TokenVerifier, VercelTokenClaims } from './contract.js';
import { TokenVerificationError } from './errors.js';
import { DRAINED_BYTES } from './node-refusal.js';
import { withVercelToken } from './node.js';
import { exchange } from './wire.fixture.js';

const verifier: TokenVerifier = {
  verify: (token) =>
    token === 'bad'
      ? Promise.reject(new TokenVerificationError({ code: 'token_expired', message: 'Too late.' }))
      : Promise.resolve({ project: token } as VercelTokenClaims),
};

test('what the listener throws, and a defect of the verifier, are the caller’s to catch', async () => {
  const listener = vi.fn(() => {
    throw new RangeError('a defect');
  });
  const outcomes: unknown[] = [];
  const defective: TokenVerifier = { verify: () => Promise.reject(new TypeError('a defect')) };
  for (const guard of [verifier, defective]) {
    const guarded = withVercelToken(listener, { verifier: guard });
    const server = createServer((request, response) => {
      guarded(request, response).catch((error: Error) => {
        outcomes.push(error.name);
        response.statusCode = 500;
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [answer] = await exchange(port, { lines: ['Authorization: Bearer shop'] });
    outcomes.push(answer?.status);
    server.close();
  }
  expect(outcomes).toEqual(['RangeError', 500, 'TypeError', 500]);
  expect(listener).toHaveBeenCalledTimes(1);
});

test('the log is told with the request', async () => {
  const onRefused = vi.fn();
  const guarded = withVercelToken(() => undefined, {
    verifier,
    onRefused: (error, { url, socket }) => onRefused(error.code, url, socket.remoteAddress),
  });
  const server = createServer((request, response) => void guarded(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await exchange((server.address() as AddressInfo).port, { path: '/orders' });
  server.close();
  expect(onRefused.mock.calls).toEqual([['no_token', '/orders', '127.0.0.1']]);
});

test('over HTTP/2 it is the same', async () => {
  const guarded = withVercelToken((request, response) => response.end(request.vercelToken.project), {
    verifier,
  });
  const server = createHttp2Server(
    guarded as unknown as Parameters<typeof createHttp2Server>[0] & RequestListener,
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ask = (authorization: string, body = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const stream = client.request({
        ':method': 'POST',
        ...(authorization === '' ? {} : { authorization }),
      });
      let [status, text] = ['', ''];
      stream.setEncoding('utf8');
      stream.on('response', (headers) => {
        status = `${headers[':status']} ${headers['www-authenticate'] ?? ''}`.trim();
      });
      stream.on('data', (chunk: string) => {
        text += chunk;
      });
      stream.on('end', () => resolve(`${status} ${text}`));
      stream.on('error', reject);
      stream.end(body);
    });
  try {
    expect(await ask('Bearer shop')).toBe('200 shop');
    expect(await ask('')).toBe('401 Bearer {"error":"missing_token"}');
    expect(await ask('Bearer bad', 'x'.repeat(200_000))).toBe(
      '401 Bearer error="invalid_token" {"error":"invalid_token"}',
    );
    expect(await ask('Bearer shop')).toBe('200 shop');
    const upload = client.request({ ':method': 'POST', authorization: 'Bearer bad' });
    const ended = new Promise((resolve) => upload.on('close', () => resolve(upload.rstCode)));
    upload.resume().end(Buffer.alloc(4 * DRAINED_BYTES));
    // NO_ERROR: what is left need not be sent.
    expect(await ended).toBe(0);
    expect(await ask('Bearer shop')).toBe('200 shop');
  } finally {
    client.close();
    server.close();
  }
});

test('wrong options are found before any request', () => {
  expect(() => withVercelToken(() => undefined, { verifier, realm: '"' })).toThrow(OptionError);
});
