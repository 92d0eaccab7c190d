/** What the gates of all protocols have in common: sockets on loopback, TLS, reading, the list of logins. */

import { connect, createServer } from 'node:net';
import type { AddressInfo, NetConnectOpts, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket, createSecureContext } from 'node:tls';
import { OptionError } from '@credex/core';
import { optionNames, optionalInteger, ownOptions } from '@credex/core/internal';
import type { Emulator } from '../emulator.js';
import type { EmulatorClock } from '../emulator/service.js';
import type { GateCheck } from './checks.js';

/** One attempt to log in. */
export interface GateLogin {
  readonly user: string;
  readonly database?: string | undefined;
  readonly accepted: boolean;
  /** Whether the client sent a password. */
  readonly passwordSent: boolean;
  /** Why it was refused. */
  readonly reason?: string | undefined;
}

/** A TLS listener on loopback that checks logins, and hands accepted connections to a real server. */
export interface Gate {
  /** `127.0.0.1`. The certificate is valid for it and for `localhost`. */
  readonly hostname: string;
  readonly port: number;
  /** The certificate authority of the gate, PEM: that of the emulator. */
  readonly ca: string;
  /** All attempts so far, the oldest first. No password is kept. */
  logins(): readonly GateLogin[];
  /** Ends all connections, as a server does at their longest age, so that clients must connect again. */
  dropConnections(): void;
  /** Ends all connections and the listener. The server behind it goes on. */
  close(): Promise<void>;
}

/** The server that accepted connections are handed to. It must accept them from the gate without a password. */
export interface GateServer {
  /** Default: `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Required without `path`. */
  readonly port?: number | undefined;
  /** A Unix socket, in place of `host` and `port`: who may open its folder is all that can reach the server. */
  readonly path?: string | undefined;
  /** The user of the server that all clients become. Default: the user that the client logs in as. */
  readonly user?: string | undefined;
}

export interface GateOptions<Check> {
  readonly emulator: Emulator<EmulatorClock>;
  readonly server: GateServer;
  /** Whose passwords are accepted. */
  readonly login: Check;
  /** The port to listen on. Default: the system chooses one. */
  readonly port?: number | undefined;
}

/** One connection of a client, and what its protocol needs. */
export interface Visit {
  readonly socket: Socket;
  readonly check: GateCheck;
  readonly server: GateServer;
  note(login: GateLogin): void;
  /** Makes the connection a TLS one. */
  secured(): TLSSocket;
  /** A new connection to the server. Rejects if there is none. */
  connectServer(): Promise<Socket>;
}

/** The client ended the connection while more was expected of it. Not an error of the gate. */
export class EndedEarly extends Error {}

const OPTION_NAMES = optionNames<GateOptions<unknown>>({
  emulator: true,
  server: true,
  login: true,
  port: true,
});
const PORT = [1, 65_535] as const;

const addressOf = ({ path, host = '127.0.0.1', port = 0 }: GateServer): NetConnectOpts =>
  path === undefined ? { host, port } : { path };

export async function listenAsGate<Check>(
  factory: string,
  given: GateOptions<Check>,
  checkFor: (emulator: Emulator<EmulatorClock>, login: Check, port: number) => GateCheck,
  serve: (visit: Visit) => Promise<void>,
): Promise<Gate> {
  const { emulator, server: givenServer, login, port } = ownOptions(factory, given, OPTION_NAMES);
  const server = ownOptions(`${factory} (server)`, givenServer, ['host', 'port', 'path', 'user']);
  optionalInteger({ option: 'port' }, port, ...PORT);
  optionalInteger({ option: 'server.port' }, server.port, ...PORT);
  if (server.path === undefined && server.port === undefined)
    throw new OptionError(
      'missing_option',
      'server.port',
      undefined,
      '`server.port` is missing: pass the port of the real server, or its Unix socket as `path`.',
    );
  if (server.path !== undefined && (server.port !== undefined || server.host !== undefined))
    throw new OptionError(
      'conflicting_options',
      'server.path',
      undefined,
      '`server.path` is in place of `host` and `port`: pass one or the other.',
    );
  // Throws for a wrong login before anything listens.
  checkFor(emulator, login, 0);
  const secureContext = createSecureContext(emulator.serverCertificate);
  const logins: GateLogin[] = [];
  const open = new Set<Socket>();
  const tracked = (socket: Socket): Socket => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // A connection that breaks ends by itself; its other side is ended with it.
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const listener = createServer((socket) => {
    tracked(socket);
    const visit: Visit = {
      socket,
      check,
      server,
      note: (login) => void logins.push(login),
      secured: () => tracked(new TLSSocket(socket, { isServer: true, secureContext })) as TLSSocket,
      connectServer: () => connected(tracked(connect(addressOf(server)))),
    };
    serve(visit).catch((error: unknown) => {
      socket.destroy();
      if (!(error instanceof EndedEarly)) listener.emit('error', error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port ?? 0, '127.0.0.1', resolve);
  });
  // A fault of one visit ends that visit: its client sees the connection end.
  listener.removeAllListeners('error').on('error', () => undefined);
  const address = listener.address() as AddressInfo;
  const check = checkFor(emulator, login, address.port);
  const dropConnections = (): void => {
    for (const socket of open) socket.destroy();
  };
  let closed: Promise<void> | undefined;
  return {
    hostname: '127.0.0.1',
    port: address.port,
    ca: emulator.ca,
    logins: () => [...logins],
    dropConnections,
    close: () =>
      (closed ??= new Promise<void>((resolve) => {
        listener.close(() => resolve());
        dropConnections();
      })),
  };
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('close', () => reject(new EndedEarly('The server behind the gate cannot be reached.')));
  });
}

/** Exactly this many bytes. The rest stays in the stream. */
export async function take(stream: Duplex, bytes: number): Promise<Buffer> {
  if (bytes === 0) return Buffer.alloc(0);
  for (;;) {
    const chunk = stream.read(bytes) as Buffer | null;
    // At the end of a stream, fewer bytes may come.
    if (chunk?.length === bytes) return chunk;
    if (chunk !== null || stream.readableEnded || stream.destroyed) throw new EndedEarly('The client left.');
    await readable(stream);
  }
}

function readable(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const events = ['readable', 'end', 'close', 'error'];
    const done = (): void => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}

/** Passes on all bytes in both directions, until one side ends. What the client sends goes through `through`. */
export function join(client: Duplex, server: Duplex, through?: Duplex): void {
  (through === undefined ? client : client.pipe(through)).pipe(server);
  server.pipe(client);
  client.once('close', () => server.destroy());
  server.once('close', () => client.destroy());
}
