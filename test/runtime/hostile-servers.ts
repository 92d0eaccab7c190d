/** Servers that do to a client what networks and attackers do; each on loopback, over TLS. */

import type { RequestListener } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
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
  /** Declares more than it sends. */
  cut: (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/xml', 'content-length': '4096' });
    response.write('<AssumeRoleWithWebIdentityResponse', () => response.destroy());
  },
} satisfies Readonly<Record<string, RequestListener>>;

export type HostileUrls = Readonly<Record<keyof typeof BEHAVIOURS | 'closed' | 'wrongName', string>>;

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
  const urls: Record<string, string> = {};
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
    },
  };
}
