// A MongoDB server on loopback that speaks as much of the wire protocol as MONGODB-AWS needs: hello, the two steps of
// the SASL conversation, and ping.
import { randomBytes } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';
import { BSON } from 'mongodb';
import { certificate } from './deployment.ts';
import type { Recorded } from './loopback.ts';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const STS_HOST = 'sts.eu-west-1.amazonaws.com';
const STS_BODY = 'Action=GetCallerIdentity&Version=2011-06-15';

type Document = Record<string, unknown>;

interface Binary {
  readonly buffer: Uint8Array;
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

function header(length: number, requestId: number, responseTo: number, opCode: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(16 + length, 0);
  bytes.writeInt32LE(requestId, 4);
  bytes.writeInt32LE(responseTo, 8);
  bytes.writeInt32LE(opCode, 12);
  return bytes;
}

function reply(message: Buffer, document: Document): Buffer {
  const id = message.readInt32LE(4);
  const bson = BSON.serialize({ ok: 1, ...document });
  if (message.readInt32LE(12) === OP_MSG) {
    const body = Buffer.concat([Buffer.alloc(5), bson]);
    return Buffer.concat([header(body.length, 1, id, OP_MSG), body]);
  }
  const head = Buffer.alloc(20);
  head.writeInt32LE(8, 0);
  head.writeInt32LE(1, 16);
  return Buffer.concat([header(head.length + bson.length, 1, id, OP_REPLY), head, bson]);
}

function commandOf(message: Buffer): Document {
  const opCode = message.readInt32LE(12);
  if (opCode === OP_MSG) return BSON.deserialize(message.subarray(21));
  if (opCode !== OP_QUERY) throw new Error(`There is no operation ${opCode} here.`);
  const end = message.indexOf(0, 20);
  return BSON.deserialize(message.subarray(end + 9));
}

/** @param verify Throws unless the signed GetCallerIdentity, which the server would send to STS, is a good one. */
export async function startMongo(verify: (request: Recorded) => Promise<void>): Promise<{ url: string }> {
  const nonces = new Map<Socket, string>();

  async function answer(socket: Socket, command: Document): Promise<Document> {
    if ('hello' in command || 'ismaster' in command || 'isMaster' in command) return HELLO;
    if ('saslStart' in command) {
      const { r } = BSON.deserialize((command['payload'] as Binary).buffer);
      const nonce = Buffer.concat([(r as Binary).buffer, randomBytes(32)]);
      nonces.set(socket, nonce.toString('base64'));
      return { conversationId: 1, done: false, payload: BSON.serialize({ s: nonce, h: STS_HOST }) };
    }
    if ('saslContinue' in command) {
      const said = BSON.deserialize((command['payload'] as Binary).buffer) as Record<'a' | 'd' | 't', string>;
      const { a: authorization, d: date, t: token } = said;
      await verify({
        method: 'POST',
        url: new URL(`https://${STS_HOST}/`),
        headers: {
          authorization,
          host: STS_HOST,
          'content-length': String(STS_BODY.length),
          'content-type': 'application/x-www-form-urlencoded',
          'x-amz-date': date,
          'x-amz-security-token': token,
          'x-mongodb-gs2-cb-flag': 'n',
          'x-mongodb-server-nonce': nonces.get(socket) ?? '',
        },
        body: Buffer.from(STS_BODY),
      });
      return { conversationId: 1, done: true, payload: Buffer.alloc(0) };
    }
    return {};
  }

  const server = createServer(certificate, (socket) => {
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
        const message = received.subarray(0, received.readInt32LE(0));
        received = received.subarray(message.length);
        answer(socket, commandOf(message)).then(
          (document) => socket.write(reply(message, document)),
          (error: unknown) => socket.write(reply(message, { ok: 0, code: 18, errmsg: String(error) })),
        );
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { url: `mongodb://localhost:${port}/?tls=true&directConnection=true` };
}
