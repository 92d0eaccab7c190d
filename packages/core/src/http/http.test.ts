import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { transportFailure } from './failure.js';
import type { Fetch } from './http.js';
import { MAX_ANSWER_BYTES } from './http.js';
import { createTransport as createNodeTransport } from './node.js';
import { createTransport as createFetchTransport } from './web.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<URL> {
  const own = createServer(listener);
  server = own;
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(own.address() as AddressInfo).port}/token`);
}

const never = new AbortController().signal;
const sent = (signal: AbortSignal) => ({ headers: { 'content-type': 'text/plain' }, body: 'secret', signal });

const WAYS = { fetch: createFetchTransport(), 'node:https': createNodeTransport() } as const;

describe.each(['fetch', 'node:https'] as const)('one request by %s', (way) => {
  const ask = (url: URL, signal = never) => WAYS[way]('test', url, sent(signal));

  it('sends one request and brings back status, headers in lower case and body, whatever the status', async () => {
    for (const status of [200, 204, 400, 403, 500]) {
      const seen: string[] = [];
      const url = await serve((request, response) => {
        request.setEncoding('utf8').on('data', (chunk: string) => seen.push(`${request.method} ${chunk}`));
        request.on('end', () =>
          response.writeHead(status, { 'X-Own': 'yes' }).end(status === 204 ? '' : 'ünï'),
        );
      });
      const answer = await ask(url);
      expect(answer).toMatchObject({ status, body: status === 204 ? '' : 'ünï' });
      expect(answer.headers['x-own']).toBe('yes');
      expect(seen).toEqual(['POST secret']);
      server?.close();
    }
  });

  it('asks without a body where it is told to', async () => {
    const seen: unknown[] = [];
    const url = await serve(({ method, headers }, response) => {
      seen.push([method, headers['content-length'], headers['transfer-encoding'], headers['accept']]);
      response.end('[]');
    });
    const init = { method: 'GET', headers: { accept: 'application/json' }, signal: never } as const;
    expect(await WAYS[way]('test', url, init)).toMatchObject({ status: 200, body: '[]' });
    expect(seen).toEqual([['GET', undefined, undefined, 'application/json']]);
  });

  it.each([300, 301, 302, 303, 307, 308, 399])('follows no redirect (%d), to nowhere', async (status) => {
    const paths: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(status, { location: '/other' }).end('moved');
    });
    await expect(ask(url)).rejects.toMatchObject({ code: 'redirect_refused', retryable: false, status });
    expect(paths).toEqual(['/token']);
  });

  it('does not wait for a redirect whose body never ends', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(302, { location: '/other' });
      response.write('and so on');
    });
    await expect(ask(url)).rejects.toMatchObject({ code: 'redirect_refused' });
  });

  it('reads 256 KiB and not a byte more', async () => {
    const url = await serve((request, response) => {
      const length = Number(request.headers['content-length']);
      request.resume().on('end', () => response.end('x'.repeat(length === 6 ? MAX_ANSWER_BYTES : 0)));
    });
    expect((await ask(url)).body).toHaveLength(MAX_ANSWER_BYTES);
    server?.close();
    const longer = await serve((_request, response) => response.end('x'.repeat(MAX_ANSWER_BYTES + 1)));
    await expect(ask(longer)).rejects.toMatchObject({ code: 'invalid_response', retryable: true });
  });

  it('stops an answer that never ends', async () => {
    let closed = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const url = await serve((_request, response) => {
      const more = (): void =>
        void (response.write('y'.repeat(65_536)) ? setImmediate(more) : response.once('drain', more));
      response.on('close', closed);
      more();
    });
    await expect(ask(url)).rejects.toMatchObject({ code: 'invalid_response' });
    await ended;
  });

  it('ends with its signal, before the answer and in the middle of it', async () => {
    for (const head of [false, true]) {
      const controller = new AbortController();
      const url = await serve((_request, response) => {
        if (head) response.write('half');
        setImmediate(() => controller.abort(new Error('enough')));
      });
      await expect(ask(url, controller.signal)).rejects.toThrow('enough');
      server?.closeAllConnections();
      server?.close();
    }
  });

  it('throws the network error where nothing listens', async () => {
    const url = await serve(() => undefined);
    await new Promise((resolve) => server?.close(resolve));
    const thrown: unknown = await ask(url).catch((error: unknown) => error);
    expect(way === 'fetch' ? (thrown as Error).cause : thrown).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('fetch', () => {
  it('calls what a runtime throws without a name a failure of the network', async () => {
    const { fetch } = globalThis;
    globalThis.fetch = async () => {
      throw new Error('internal error; reference = x');
    };
    try {
      const thrown: unknown = await WAYS.fetch('test', new URL('https://h.test'), sent(never)).catch(
        (error: unknown) => error,
      );
      expect(transportFailure(thrown)).toEqual({ code: 'network' });
    } finally {
      globalThis.fetch = fetch;
    }
  });
});

describe('node:https', () => {
  it('asks once more where a kept socket was closed under it, and only then', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (requests === 2 || requests === 4 || requests === 5) request.socket.resetAndDestroy();
      else request.resume().on('end', () => response.end(String(requests)));
    });
    const ask = () => WAYS['node:https']('test', url, sent(never));
    expect((await ask()).body).toBe('1');
    expect((await ask()).body).toBe('3');
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(requests).toBe(5);
  });

  it('asks for no compression, and unpacks none', async () => {
    const url = await serve((request, response) =>
      request.resume().on('end', () => response.end(JSON.stringify(request.headers))),
    );
    const { body } = await WAYS['node:https']('test', url, sent(never));
    expect(JSON.parse(body)).toEqual({
      'content-type': 'text/plain',
      'content-length': '6',
      host: url.host,
      connection: 'keep-alive',
    });
  });
});

describe('a fetch of the user’s own', () => {
  it('counts what a compressed answer unpacks to', async () => {
    const { gzipSync } = await import('node:zlib');
    const url = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('z'.repeat(10_000_000))),
    );
    await expect(ask(url, globalThis.fetch)).rejects.toMatchObject({ code: 'invalid_response' });
  });

  const ask = (url: URL, fetch: Fetch) => createFetchTransport(fetch)('test', url, sent(never));

  it('is not believed where it followed a redirect all the same', async () => {
    const url = await serve(({ url: path }, response) =>
      path === '/token'
        ? response.writeHead(307, { location: '/other' }).end()
        : response.end('{"token":"x"}'),
    );
    const follows: Fetch = (input, init) => globalThis.fetch(input, { ...init, redirect: 'follow' });
    await expect(ask(url, follows)).rejects.toMatchObject({ code: 'redirect_refused', status: 200 });
  });

  it('says what was wrong although the stream can not be cancelled', async () => {
    const stuck = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (own) => own.enqueue(new Uint8Array(100_000)),
        cancel: () => Promise.reject(new Error('no')),
      });
    const answer =
      (status: number): Fetch =>
      async () =>
        new Response(stuck(), { status });
    const url = new URL('https://h.test');
    await expect(ask(url, answer(302))).rejects.toMatchObject({ code: 'redirect_refused' });
    await expect(ask(url, answer(200))).rejects.toMatchObject({ code: 'invalid_response' });
  });
});
