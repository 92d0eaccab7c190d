/** Servers that do to a client what networks and attackers do; each on loopback, over TLS. */

import type { RequestListener } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import type { ServerCertificate } from '@credex/testing/emulator';

const BEHAVIOURS = {
  /** To another server of ours, which must never hear of it. */
  redirect: (_request, response) => response.writeHead(307, { location: 'https://127.0.0.1:1/' }).end(),
  endless: (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  },
  /** A byte now and one each second: no time limit between bytes ever strikes. */
  slow: (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.write('<');
    const timer = setInterval(() => response.write('<'), 1_000);
    response.once('close', () => clearInterval(timer));
  },
  silent: () => undefined,
  reset: (request) => request.socket.destroy(),
  /** Ends in the middle of a header. */
  cutHeader: (request) => request.socket.end('HTTP/1.1 200 OK\r\ncontent-ty'),
  /** Declares more than it sends. */
  cut: (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/xml', 'content-length': '4096' });
    response.write('<AssumeRoleWithWebIdentityResponse', () => response.destroy());
  },
} satisfies Readonly<Record<string, RequestListener>>;

/** Below HTTP: what becomes of a connection before a request is read. */
const CONNECTIONS = {
  resetAtOnce: (socket) => socket.resetAndDestroy(),
  /** After the client's first words of TLS. */
  resetInHandshake: (socket) => socket.once('data', () => socket.resetAndDestroy()),
  /** Takes the connection and says nothing: no TLS comes about. */
  deaf: () => undefined,
} satisfies Readonly<Record<string, (socket: Socket) => void>>;

export type HostileUrls = Readonly<
  Record<keyof typeof BEHAVIOURS | keyof typeof CONNECTIONS | 'closed' | 'wrongName', string>
>;

export interface HostileServers {
  readonly urls: HostileUrls;
  close(): Promise<void>;
}

export async function startHostileServers(certificate: ServerCertificate): Promise<HostileServers> {
  const servers: Server[] = [];
  const start = async (listener: RequestListener, address = '127.0.0.1'): Promise<string> => {
    const server = createServer(certificate, listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    return `https://${address}:${(server.address() as AddressInfo).port}`;
  };
  const sockets = new Set<Socket>();
  const tcpServers: TcpServer[] = [];
  const startTcp = async (behave: (socket: Socket) => void): Promise<string> => {
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      // What the client makes of it is its own affair.
      socket.on('error', () => undefined);
      behave(socket);
    });
    tcpServers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const urls: Record<string, string> = {};
  for (const [name, behave] of Object.entries(CONNECTIONS)) urls[name] = await startTcp(behave);
  for (const [name, listener] of Object.entries(BEHAVIOURS)) urls[name] = await start(listener);
  // The certificate is good for 127.0.0.1 alone.
  urls['wrongName'] = await start((_request, response) => response.end(), '127.0.0.2');
  urls['closed'] = await start(() => undefined);
  await new Promise((resolve) => servers.at(-1)?.close(resolve));
  return {
    urls: urls as HostileUrls,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      for (const server of tcpServers) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
