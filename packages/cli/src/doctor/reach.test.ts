import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { proxyFor } from './proxy.js';
import { reach, reachingFetch } from './reach.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listening(server: Server): Promise<URL> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}
const io = (env: Readonly<Record<string, string>> = {}) => ({
  env,
  clock: { now: () => 0, monotonic: () => 0 },
});
const { signal } = new AbortController();

/** Opens ways, and counts them. */
function proxyServer(status = 200) {
  const asked: (string | undefined)[] = [];
  const server = createServer();
  server.on('connect', ({ url = '', headers }: IncomingMessage, socket: Socket) => {
    asked.push(url, headers['proxy-authorization']);
    const [host = '', port] = url.split(':');
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const on = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Opened\r\n\r\n');
      on.pipe(socket).pipe(on);
    });
    for (const end of [on, socket]) end.on('error', () => on.destroy());
  });
  return { server, asked };
}

describe('reach', () => {
  it('says how long each phase took, and brings the answer', async () => {
    const url = await listening(createServer((_request, response) => response.end('pears')));
    expect(await reach(io(), url, signal)).toMatchObject({
      status: 200,
      body: 'pears',
      phases: 'DNS 0 ms, TCP 0 ms, HTTP 200 0 ms',
    });
  });

  it('goes by the proxy that the environment names, with its login', async () => {
    const url = await listening(createServer((request, response) => request.pipe(response)));
    const { server, asked } = proxyServer();
    const proxy = await listening(server);
    const env = { http_proxy: `http://ada:s%3Acret@${proxy.host}` };
    const answer = await reachingFetch(io(env), signal)(url.href, { method: 'POST', body: 'pears' });
    expect(await answer.text()).toBe('pears');
    expect(asked).toEqual([url.host, `Basic ${Buffer.from('ada:s:cret').toString('base64')}`]);
  });

  it('names what failed', async () => {
    const { server } = proxyServer(407);
    const proxy = await listening(server);
    const url = new URL('http://127.0.0.1:9/');
    await expect(reach(io({ HTTP_PROXY: proxy.href }), url, signal)).rejects.toMatchObject({
      code: 'proxy_refused',
    });
    await expect(reach(io(), new URL('http://127.0.0.1:1/'), signal)).rejects.toMatchObject({
      code: 'connection_failed',
      host: '127.0.0.1',
    });
    await expect(reach(io({ http_proxy: 'http://127.0.0.1:1' }), url, signal)).rejects.toMatchObject({
      code: 'proxy_unreachable',
    });
    const cut = await listening(createServer((request) => request.socket.destroy()));
    await expect(reach(io(), cut, signal)).rejects.toMatchObject({ code: 'http_failed' });
    const plain = await listening(createServer());
    await expect(reach(io(), new URL(`https://${plain.host}/`), signal)).rejects.toMatchObject({
      code: 'tls_failed',
    });
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    const url = await listening(createServer(() => stop.abort()));
    await expect(reach(io(), url, stop.signal)).rejects.toThrow(/abort/i);
  });

  it('reads no endless answer', async () => {
    const url = await listening(createServer((_request, response) => response.end(Buffer.alloc(300_000))));
    await expect(reach(io(), url, signal)).rejects.toMatchObject({ code: 'http_failed' });
  });
});

describe('proxyFor', () => {
  const proxy = { https_proxy: 'proxy.example:3128' };
  it.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ['https://sts.example/', {}, undefined],
    ['https://sts.example/', proxy, 'proxy.example:3128'],
    ['https://sts.example/', { HTTPS_PROXY: 'http://upper.example:1' }, 'upper.example:1'],
    ['https://sts.example/', { ALL_PROXY: 'http://all.example:1' }, 'all.example:1'],
    ['http://sts.example/', proxy, undefined],
    ['https://sts.example/', { ...proxy, NO_PROXY: '*' }, undefined],
    ['https://sts.example/', { ...proxy, NO_PROXY: 'example' }, undefined],
    ['https://sts.example/', { ...proxy, NO_PROXY: '.example' }, undefined],
    ['https://sts.example/', { ...proxy, NO_PROXY: 'a, sts.example:443' }, undefined],
    ['https://sts.example/', { ...proxy, NO_PROXY: 'sts.example:80' }, 'proxy.example:3128'],
    ['https://notsts.example/', { ...proxy, NO_PROXY: 'sts.example' }, 'proxy.example:3128'],
  ])('%s with %o', (url, env, host) => {
    expect(proxyFor(new URL(url), env)?.host).toBe(host);
  });

  it('is told of a proxy that is none', () => {
    expect(() => proxyFor(new URL('https://sts.example/'), { https_proxy: 'socks5://x' })).toThrow(
      'https_proxy',
    );
  });
});
