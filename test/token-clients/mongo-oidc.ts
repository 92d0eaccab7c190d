/** A MongoDB server on loopback that speaks as much of the wire protocol as MONGODB-OIDC needs: hello, saslStart and ping. */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

type Document = Record<string, unknown>;

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

export interface MongoServer {
  readonly address: string;
  /** The names of the commands that came, in order, without those of the driver's monitoring. */
  readonly commands: string[];
  close(): void;
}

/** @param verify Throws unless the token is a good one. */
export async function startMongo(bson: Bson, verify: (jwt: string) => Promise<void>): Promise<MongoServer> {
  const commands: string[] = [];

  async function answer(command: Document): Promise<Document> {
    const [name = ''] = Object.keys(command);
    if (/^(?:hello|ismaster)$/i.test(name)) return HELLO;
    commands.push(name);
    if (name !== 'saslStart') return {};
    const { buffer } = command['payload'] as { readonly buffer: Uint8Array };
    const { jwt } = bson.deserialize(buffer);
    if (command['mechanism'] !== 'MONGODB-OIDC') throw new Error('Another mechanism.');
    await verify(String(jwt));
    return { conversationId: 1, done: true, payload: Buffer.alloc(0) };
  }

  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const message = received.subarray(0, received.readInt32LE(0));
        received = received.subarray(message.length);
        answer(commandOf(bson, message)).then(
          (document) => socket.write(reply(bson, message, document)),
          (error: unknown) => socket.write(reply(bson, message, { ok: 0, code: 18, errmsg: String(error) })),
        );
      }
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    commands,
    close: () => void server.close(),
  };
}
