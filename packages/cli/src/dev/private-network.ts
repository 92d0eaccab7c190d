/** For containers: the emulator on an address of a private network, where it is asked for explicitly. */

import type { Server, Socket } from 'node:net';
import { BlockList, connect, createServer, isIP } from 'node:net';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export interface NetworkOptions {
  /** The name or address by which containers reach this machine. */
  readonly allowHost?: string;
  /** The address of this machine to listen on, besides loopback. */
  readonly listen?: string;
}

export interface Network {
  /** Where programs find the emulator. */
  readonly host: string;
  readonly listen: string | undefined;
  /** Other users of this machine, such as those of containers, may read the files. */
  readonly isShared: boolean;
}

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv4');

const isPrivate = (address: string): boolean => isIP(address) === 4 && PRIVATE.check(address, 'ipv4');

/** Names that public DNS never has: RFC 6761, RFC 6762 and the domain `internal`. */
const LOCAL_NAME = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*(?:localhost|local|internal)$/;

/** @throws UsageError for what may be public */
export function networkOf({ allowHost, listen }: NetworkOptions): Network {
  if (listen !== undefined && !isPrivate(listen))
    throw new UsageError(
      'invalid_argument',
      `--listen must be a private IPv4 address of this machine, not ${shown(listen)}.`,
      {
        option: '--listen',
        hint: 'For Docker on Linux use the address of its bridge, usually 172.17.0.1: `ip -4 addr show docker0`.',
      },
    );
  if (allowHost !== undefined && !isPrivate(allowHost) && !LOCAL_NAME.test(allowHost))
    throw new UsageError(
      'invalid_argument',
      `--allow-host must be a private IPv4 address or a name that ends in .internal, .local or localhost, not ${shown(allowHost)}.`,
      { option: '--allow-host', hint: 'Docker Desktop calls this machine host.docker.internal.' },
    );
  const host = allowHost ?? listen;
  return { host: host ?? '127.0.0.1', listen, isShared: host !== undefined };
}

export interface Forwarding {
  /** The port on the private address that leads to a port of loopback; the same port where nothing is forwarded. */
  port(local: number): number;
  close(): Promise<void>;
}

/** @throws UsageError if the address is not this machine's */
export async function forward(listen: string | undefined, ports: readonly number[]): Promise<Forwarding> {
  if (listen === undefined) return { port: (local) => local, close: async () => {} };
  const servers = new Map<number, Server>();
  const sockets = new Set<Socket>();
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(Array.from(servers.values(), (server) => new Promise((done) => server.close(done))));
  };
  try {
    for (const port of ports) servers.set(port, await forwarder(listen, port, sockets));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port: (local) => (servers.get(local)?.address() as AddressInfo | undefined)?.port ?? local,
    close,
  };
}

async function forwarder(listen: string, port: number, sockets: Set<Socket>): Promise<Server> {
  const server = createServer((outer) => {
    const inner = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new UsageError('invalid_argument', `The emulator cannot listen on ${listen}: ${cause.code ?? ''}.`, {
          option: '--listen',
          hint: 'It must be an address of this machine: `ip -4 addr` lists them.',
          cause,
        }),
      ),
    );
    server.listen(0, listen, resolve);
  });
  return server;
}
