/** What the servers of this folder share: a TLS listener on loopback that reads one message after the other. */

import type { AddressInfo, Socket } from 'node:net';
import { createServer as createPlainServer } from 'node:net';
import { createServer } from 'node:tls';
import type { TLSSocket, TlsOptions } from 'node:tls';

/** The longest message that a client sends to a server of this folder. */
const MOST_BYTES = 1024 * 1024;

/** Why a server ends a connection: the client broke the protocol. */
class Violation extends Error {}

export function demand(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Violation(what);
}

export interface LoopbackServer {
  readonly port: number;
  /** How many connections were accepted so far. */
  connections(): number;
  /** What clients did against the protocol, in order. Each ended its connection. */
  violations(): readonly string[];
  /** Ends all connections, as a server does at their longest age. */
  dropConnections(): void;
  close(): Promise<void>;
}

/** @param serve Speaks with one client, until the client leaves. */
export async function startLoopbackServer(
  options: TlsOptions,
  serve: (socket: TLSSocket) => Promise<void>,
): Promise<LoopbackServer> {
  const open = new Set<Socket>();
  const violations: string[] = [];
  let connections = 0;
  const server = createServer(options, (socket) => {
    connections += 1;
    serve(socket)
      .catch((error: unknown) => {
        // Everything else is a connection that broke.
        if (error instanceof Violation) violations.push(error.message);
      })
      .finally(() => socket.destroy());
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
  });
  server.on('secureConnection', (socket) => void socket.on('error', () => undefined));
  // The client refused the certificate.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dropConnections = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    violations: () => [...violations],
    dropConnections,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        dropConnections();
      }),
  };
}

/**
 * The messages of a client, each whole.
 *
 * @param lengthOf How long the first message is, by its first bytes; undefined if they are too few.
 */
export async function* messages(
  socket: TLSSocket,
  lengthOf: (received: Buffer) => number | undefined,
): AsyncGenerator<Buffer> {
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    for (;;) {
      const length = lengthOf(received);
      demand(length === undefined || (length > 0 && length <= MOST_BYTES), `A message of ${length} bytes.`);
      if (length === undefined || length > received.length) break;
      const message = received.subarray(0, length);
      received = received.subarray(length);
      yield message;
    }
  }
}

export interface PlainServer {
  readonly port: number;
  /** All that clients sent. */
  received(): Buffer;
  close(): Promise<void>;
}

/** A server without TLS: it answers the first bytes of each client with `reply`, and keeps what it receives. */
export async function startPlainServer(reply: Buffer): Promise<PlainServer> {
  const chunks: Buffer[] = [];
  const open = new Set<Socket>();
  const server = createPlainServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
    socket.on('data', (chunk) => void chunks.push(chunk));
    socket.once('data', () => socket.write(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(chunks),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
