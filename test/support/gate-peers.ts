/** Clients and servers of bare protocols, for the tests of the gates before databases. */

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as secure } from 'node:tls';
import type { Gate } from '@credex/testing/gates';
import { afterEach } from 'vitest';

const closing: (() => unknown)[] = [];

/** Closes after each test what the functions below opened. Call it once, at the top of a test file. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
}

/** A stand-in for a server: `answer` is called with all that a connection has sent since the last answer. */
export async function standIn(greeting: Buffer, answer: (sent: Buffer) => Buffer | string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (sent) => void socket.write(answer(sent)));
    if (greeting.length > 0) socket.write(greeting);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as { port: number }).port;
}

export async function openTo(gate: Gate): Promise<Socket> {
  closing.push(() => gate.close());
  const socket = connect(gate.port, gate.hostname);
  socket.on('error', () => undefined);
  closing.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

export async function upgraded(socket: Socket, gate: Gate): Promise<Duplex> {
  const stream = secure({ socket, ca: gate.ca, servername: 'localhost' });
  stream.on('error', () => undefined);
  await once(stream, 'secureConnect');
  return stream;
}

/** Sends, and returns the next thing that comes; empty if the connection ends. */
export async function asked(stream: Duplex, bytes: Buffer | string): Promise<Buffer> {
  const next = new Promise<Buffer>((resolve) => {
    stream.once('data', resolve);
    stream.once('close', () => resolve(Buffer.alloc(0)));
  });
  stream.write(bytes);
  return next;
}
