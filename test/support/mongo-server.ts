/** A MongoDB server on loopback that speaks as much of the wire protocol as a login needs: hello, a SASL conversation and ping. */

import type { AddressInfo, Socket } from 'node:net';
import { createServer as createPlainServer } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createServer } from 'node:tls';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;

export type Document = Record<string, unknown>;

/** What is used of the package `bson`. */
export interface Bson {
  serialize(document: Document): Uint8Array;
  deserialize(bytes: Uint8Array): Document;
}

const HELLO: Document = {
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 25,
};

function frame(responseTo: number, opCode: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(16);
  for (const [index, value] of [16 + body.length, 1, responseTo, opCode].entries())
    header.writeInt32LE(value, 4 * index);
  return Buffer.concat([header, body]);
}

function reply(bson: Bson, message: Buffer, document: Document): Buffer {
  const id = message.readInt32LE(4);
  const bytes = bson.serialize({ ok: 1, ...document });
  if (message.readInt32LE(12) === OP_MSG) return frame(id, OP_MSG, Buffer.alloc(5), bytes);
  const head = Buffer.alloc(20);
  head.writeInt32LE(8, 0);
  head.writeInt32LE(1, 16);
  return frame(id, OP_REPLY, head, bytes);
}

function commandOf(bson: Bson, message: Buffer): Document {
  const opCode = message.readInt32LE(12);
  if (opCode === OP_MSG) return bson.deserialize(message.subarray(21));
  if (opCode !== OP_QUERY) throw new Error(`There is no operation ${opCode} here.`);
  return bson.deserialize(message.subarray(message.indexOf(0, 20) + 9));
}

/**
 * One step of a SASL conversation: the payload of `saslStart`, or of `saslContinue`. Returns the payload of the server, and
 * whether the client is logged in. Throws to refuse the login.
 */
export type SaslStep = (step: 'saslStart' | 'saslContinue', payload: Document) => Promise<SaslReply>;
export interface SaslReply {
  readonly done: boolean;
  readonly payload?: Document;
}

export interface MongoServerOptions {
  readonly bson: Bson;
  readonly mechanism: string;
  /** The conversation of a new connection. */
  readonly conversation: () => SaslStep;
  /** Default: no TLS. */
  readonly tls?: TlsOptions;
}

export interface MongoServer {
  readonly port: number;
  readonly address: string;
  /** The names of the commands that came, in order, without those of the driver's monitoring. */
  readonly commands: string[];
  dropConnections(): void;
  close(): void;
}

type Answer = (command: Document) => Promise<Document>;

/** What one connection is answered. Nothing but a login is possible without a login. */
function connection({ bson, mechanism, conversation }: MongoServerOptions, commands: string[]): Answer {
  const step = conversation();
  let next: 'saslStart' | 'saslContinue' | undefined = 'saslStart';
  return async (command) => {
    const [name = ''] = Object.keys(command);
    if (/^(?:hello|ismaster)$/i.test(name)) return HELLO;
    commands.push(name);
    if (name !== 'saslStart' && name !== 'saslContinue')
      return next === undefined
        ? {}
        : { ok: 0, code: UNAUTHORIZED, errmsg: `command ${name} requires authentication` };
    try {
      if (name !== next) throw new Error(`${name} is not the next step.`);
      if (name === 'saslStart' && command['mechanism'] !== mechanism) throw new Error('Another mechanism.');
      if (name === 'saslContinue' && command['conversationId'] !== 1)
        throw new Error('Another conversation.');
      const { buffer } = command['payload'] as { readonly buffer: Uint8Array };
      const { done, payload } = await step(name, bson.deserialize(buffer));
      next = done ? undefined : 'saslContinue';
      const bytes = payload === undefined ? Buffer.alloc(0) : Buffer.from(bson.serialize(payload));
      return { conversationId: 1, done, payload: bytes };
    } catch (error) {
      next = 'saslStart';
      return { ok: 0, code: AUTHENTICATION_FAILED, codeName: 'AuthenticationFailed', errmsg: String(error) };
    }
  };
}

export async function startMongoServer(options: MongoServerOptions): Promise<MongoServer> {
  const commands: string[] = [];
  const open = new Set<Socket>();
  const serve = (socket: Socket): void => {
    let received = Buffer.alloc(0);
    const answer = connection(options, commands);
    open.add(socket);
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const message = received.subarray(0, received.readInt32LE(0));
        received = received.subarray(message.length);
        answer(commandOf(options.bson, message)).then(
          (document) => socket.write(reply(options.bson, message, document)),
          (error: unknown) => socket.destroy(error as Error),
        );
      }
    });
  };
  const server = options.tls === undefined ? createPlainServer(serve) : createServer(options.tls, serve);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const dropConnections = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port,
    address: `127.0.0.1:${port}`,
    commands,
    dropConnections,
    close() {
      server.close();
      dropConnections();
    },
  };
}
