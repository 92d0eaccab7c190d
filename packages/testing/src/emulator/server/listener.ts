import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { Reset } from './exchange.js';

export interface Listener {
  readonly port: number;
  /** Ends it at once: idle, busy and hung connections alike. */
  close(): Promise<void>;
}

export type Answerer = (message: IncomingMessage, response: ServerResponse, reset: Reset) => Promise<void>;

/** Listens on loopback; on port 0 the system chooses one. With `tls` it speaks HTTPS. */
export async function listen(
  answerer: Answerer,
  tls: TlsOptions | undefined,
  port: number = 0,
): Promise<Listener> {
  // TCP connections by the client's port. For HTTPS the request knows only the TLS socket above it.
  const connections = new Map<number, Socket>();
  const reset: Reset = (message) => connections.get(message.socket.remotePort ?? -1)?.resetAndDestroy();
  const onRequest = (message: IncomingMessage, response: ServerResponse): void =>
    void answerer(message, response, reset);

  const server: Server = tls === undefined ? createHttpServer(onRequest) : createHttpsServer(tls, onRequest);
  // A kept-alive connection that the server ends while the client writes is a fault that no test planted.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    if (remotePort === undefined) return;
    connections.set(remotePort, socket);
    socket.once('close', () => {
      if (connections.get(remotePort) === socket) connections.delete(remotePort);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
        // What has not yet finished its handshake is no HTTP connection to the server.
        for (const socket of connections.values()) socket.destroy();
      }),
  };
}
