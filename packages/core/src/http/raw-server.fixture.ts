/** Servers below HTTP: what they send, and when they hang up, is each test's own affair. */

import { globalAgent as httpAgent } from 'node:http';
import { globalAgent as httpsAgent } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { HttpResponse } from '../contract.js';
import { createTransport as createNodeTransport } from './node.js';
import { createTransport as createFetchTransport } from './web.js';

const servers = new Set<Server>();
/** Of all servers: those still open. */
export const connections = new Set<Socket>();

/** To be called after each test. */
export function closeServers(): void {
  for (const server of servers) server.close();
  for (const socket of connections) socket.destroy();
  servers.clear();
}

type Take = (socket: Socket, connection: number) => void;

export async function listen(take: Take, protocol = 'http'): Promise<URL> {
  let count = 0;
  const server = createServer((socket) => {
    connections.add(socket);
    // What the client makes of it is its own affair.
    socket.on('error', () => undefined).on('close', () => connections.delete(socket));
    take(socket, ++count);
  });
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}/token`);
}

/** Sends `parts` to the first request, each as a separate chunk, and ends the connection if `ends`; sends "ok" to others. */
export function answering(parts: readonly (string | Buffer)[], ends = false): Promise<URL> {
  let requests = 0;
  return listen((socket) =>
    socket.on('data', () => {
      if (++requests > 1) socket.write(OK);
      else send(socket, parts, ends);
    }),
  );
}

function send(socket: Socket, [part, ...rest]: readonly (string | Buffer)[], ends: boolean): void {
  if (part === undefined) {
    if (ends) socket.end();
  } else socket.write(part, 'latin1', () => setImmediate(send, socket, rest, ends));
}

export const OK: string = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
export const CHUNKED: string = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

const never = new AbortController().signal;
export const WAYS = { fetch: createFetchTransport(), 'node:https': createNodeTransport() } as const;

export function askBy(way: keyof typeof WAYS, url: URL, signal: AbortSignal = never): Promise<HttpResponse> {
  return WAYS[way]('test', url, { headers: {}, body: 'secret', signal });
}

/** The sockets of Node's own agents, in use or kept. */
export const held = ({ host }: URL): Socket[] =>
  [httpAgent, httpsAgent]
    .flatMap(({ sockets, freeSockets }) => [...Object.entries(sockets), ...Object.entries(freeSockets)])
    .flatMap(([name, own = []]) => (name.startsWith(`${host}:`) ? own : []));

/** Turns of the event loop until it is so; the test's own time limit where it never is. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** `cut` ends and then resets the first connection while this thread waits: no event can tell the client of it. */
export async function serverThatCuts(): Promise<{ url: URL; cut(): void; close(): Promise<unknown> }> {
  const isCut = new Int32Array(new SharedArrayBuffer(4));
  const text = `
    const { workerData, parentPort } = require('node:worker_threads');
    const reset = (socket) => {
      socket.resetAndDestroy();
      setImmediate(() => { Atomics.store(workerData, 0, 1); Atomics.notify(workerData, 0); });
    };
    let first;
    const server = require('node:net').createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {}).on('data', () => socket.write(${JSON.stringify(OK)}));
      first ??= socket;
    });
    parentPort.on('message', () => first.end(() => setImmediate(reset, first)));
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;
  const worker = new Worker(text, { eval: true, workerData: isCut });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  return {
    url: new URL(`http://127.0.0.1:${port}/token`),
    cut() {
      worker.postMessage('cut');
      Atomics.wait(isCut, 0, 0);
    },
    close: () => worker.terminate(),
  };
}
