/** What aborts and stale sockets do to a request of Node's. */

import { channel } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HttpResponse } from '../contract.js';
import {
  answering,
  askBy,
  CHUNKED,
  closeServers,
  connections,
  held,
  listen,
  OK,
  serverThatCuts,
  until,
  WAYS,
} from './raw-server.fixture.js';

afterEach(() => {
  closeServers();
  vi.unstubAllEnvs();
});

const ask = (url: URL, signal?: AbortSignal): Promise<HttpResponse> => askBy('node:https', url, signal);

describe('an abort', () => {
  const reason = new Error('enough');

  /** Exactly one rejection, with the reason; nothing left behind; and the next request is answered. */
  async function leavesNothing(url: URL, controller: AbortController): Promise<void> {
    await expect(ask(url, controller.signal)).rejects.toBe(reason);
    await until(() => getEventListeners(controller.signal, 'abort').length === 0);
    await until(() => held(url).length === 0);
  }

  /** Aborts at Node's `nth` call, in the middle of Node's own work. */
  function abortAt(name: string, nth: number): AbortController & Disposable {
    const controller = new AbortController();
    let count = 0;
    const listener = (): void => void (++count === nth && controller.abort(reason));
    channel(name).subscribe(listener);
    return Object.assign(controller, { [Symbol.dispose]: () => channel(name).unsubscribe(listener) });
  }

  it('before anything opens no connection', async () => {
    let taken = 0;
    const url = await listen(() => void (taken += 1));
    const controller = new AbortController();
    controller.abort(reason);
    await leavesNothing(url, controller);
    expect(taken).toBe(0);
  });

  it.each(['http', 'https'])('before %s connects', async (protocol) => {
    const url = await listen(() => undefined, protocol);
    const controller = new AbortController();
    const over = leavesNothing(url, controller);
    controller.abort(reason);
    await expect(over).resolves.toBeUndefined();
  });

  it('in the middle of the handshake', async () => {
    const controller = new AbortController();
    const url = await listen((socket) => socket.once('data', () => controller.abort(reason)), 'https');
    await expect(leavesNothing(url, controller)).resolves.toBeUndefined();
    await until(() => connections.size === 0);
  });

  it('while a proxy says nothing', async () => {
    const controller = new AbortController();
    const proxy = await listen((socket) => socket.once('data', () => controller.abort(reason)));
    vi.stubEnv('HTTPS_PROXY', proxy.href);
    vi.stubEnv('NO_PROXY', undefined);
    vi.stubEnv('no_proxy', undefined);
    await expect(leavesNothing(new URL('https://credex.test/token'), controller)).resolves.toBeUndefined();
    await until(() => connections.size === 0);
  });

  it.each([
    ['the answer', ''],
    ['the end of its headers', 'HTTP/1.1 200 OK\r\ncontent-ty'],
    ['its body', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n'],
    ['the end of its body', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no'],
    ['its last chunk', `${CHUNKED}2\r\nok\r\n`],
  ])('before %s', async (_name, text) => {
    const controller = new AbortController();
    let requests = 0;
    const url = await listen((socket) =>
      socket.on('data', () => {
        if (++requests > 1) socket.write(OK);
        else socket.write(text, () => setImmediate(() => controller.abort(reason)));
      }),
    );
    await leavesNothing(url, controller);
    await until(() => connections.size === 0);
    expect((await ask(url)).body).toBe('ok');
  });

  it('in the very turn of the answer', async () => {
    using controller = abortAt('http.client.response.finish', 1);
    const url = await answering([OK]);
    await leavesNothing(url, controller);
    expect((await ask(url)).body).toBe('ok');
  });

  it('after the end leaves the kept socket alone', async () => {
    let taken = 0;
    const url = await listen((socket) => void (++taken, socket.on('data', () => socket.write(OK))));
    const controller = new AbortController();
    await ask(url, controller.signal);
    controller.abort(reason);
    await until(() => getEventListeners(controller.signal, 'abort').length === 0);
    expect((await ask(url)).body).toBe('ok');
    expect(taken).toBe(1);
  });

  it('when a stale socket has made it ask again', async () => {
    let taken = 0;
    const url = await listen((socket, connection) => {
      taken += 1;
      socket.once('data', () => {
        if (connection > 1) return;
        socket.once('data', () => socket.resetAndDestroy());
        socket.write(OK);
      });
    });
    await ask(url);
    using controller = abortAt('http.client.request.start', 2);
    await leavesNothing(url, controller);
    expect(taken).toBeLessThanOrEqual(2);
  });
});

describe('kept sockets', () => {
  it('may all be stale: a new one is opened then', async () => {
    const asked = new Set<Socket>();
    const url = await listen((socket, connection) =>
      socket.on('data', () => {
        if (connection > 3) socket.write(OK);
        else if (asked.has(socket)) socket.resetAndDestroy();
        // Answered together: so there are three.
        else if (asked.add(socket).size === 3) for (const each of asked) each.write(OK);
      }),
    );
    await Promise.all([ask(url), ask(url), ask(url)]);
    await until(() => held(url).length === 3);
    expect((await ask(url)).body).toBe('ok');
  });

  it('that died are left at that, where the request is no longer worth making', async () => {
    let asked = 0;
    const url = await listen((socket) => {
      socket.on('data', () => (++asked === 1 ? socket.write(OK) : socket.resetAndDestroy()));
    });
    await ask(url);
    const init = { headers: {}, body: '', signal: new AbortController().signal, again: () => false };
    await expect(WAYS['node:https']('test', url, init)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(asked).toBe(2);
  });

  it('are stale as well where a write finds it out (EPIPE)', async () => {
    const seen: unknown[] = [];
    const listener = (message: unknown): void =>
      void seen.push((message as { readonly error: { readonly code?: string } }).error.code);
    channel('http.client.request.error').subscribe(listener);
    const { url, cut, close } = await serverThatCuts();
    try {
      await ask(url);
      await until(() => held(url).length === 1);
      cut();
      expect((await ask(url)).body).toBe('ok');
      expect(seen).toEqual(['EPIPE']);
    } finally {
      channel('http.client.request.error').unsubscribe(listener);
      await close();
    }
  });
});
