// A SQL Server on loopback as far as a login goes: TDS 8.0 (TLS from the first byte), PRELOGIN, LOGIN7 with federated
// authentication, FEDAUTHINFO, the token, LOGINACK.
// https://learn.microsoft.com/openspecs/windows_protocols/ms-tds
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { certificate, options } from './deployment.ts';

const PRELOGIN = 0x12;
const LOGIN7 = 0x10;
const FEDAUTH_TOKEN = 0x08;
const RESPONSE = 0x04;

export interface SqlServer {
  readonly port: number;
  readonly tokens: readonly string[];
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

function packet(type: number, body: Buffer): Buffer {
  const head = Buffer.from([type, 1, 0, 0, 0, 0, 1, 0]);
  head.writeUInt16BE(body.length + 8, 2);
  return Buffer.concat([head, body]);
}

/** VERSION, ENCRYPTION (not used in TDS 8.0) and FEDAUTHREQUIRED, by offset and length. */
function preloginAnswer(): Buffer {
  const values = [Buffer.from([16, 0, 0, 0, 0, 0]), Buffer.from([2]), Buffer.from([1])];
  const tokens = [0x00, 0x01, 0x06];
  let offset = tokens.length * 5 + 1;
  const table = tokens.map((token, index) => {
    const entry = Buffer.alloc(5);
    entry.writeUInt8(token, 0);
    entry.writeUInt16BE(offset, 1);
    entry.writeUInt16BE(values[index]?.length ?? 0, 3);
    offset += values[index]?.length ?? 0;
    return entry;
  });
  return Buffer.concat([...table, Buffer.from([0xff]), ...values]);
}

/** Where a token is given out (1, STSURL) and for what (2, SPN). */
function fedAuthInfo(): Buffer {
  const entries = [
    [1, utf16(`https://login.microsoftonline.com/${options.azure.tenantId}`)],
    [2, utf16('https://database.windows.net/')],
  ] as const;
  let offset = 4 + entries.length * 9;
  const table = entries.map(([id, data]) => {
    const entry = Buffer.alloc(9);
    entry.writeUInt8(id, 0);
    entry.writeUInt32LE(data.length, 1);
    entry.writeUInt32LE(offset, 5);
    offset += data.length;
    return entry;
  });
  const count = Buffer.alloc(4);
  count.writeUInt32LE(entries.length);
  const body = Buffer.concat([count, ...table, ...entries.map(([, data]) => data)]);
  const head = Buffer.alloc(5);
  head.writeUInt8(0xee, 0);
  head.writeUInt32LE(body.length, 1);
  return Buffer.concat([head, body]);
}

function loginAnswer(): Buffer {
  const name = utf16('loopback');
  const ack = Buffer.concat([
    Buffer.from([1, 0x74, 0x00, 0x00, 0x04, name.length / 2]),
    name,
    Buffer.from([16, 0, 0, 0]),
  ]);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(ack.length);
  // FEATUREEXTACK: federated authentication (2) without data, then the end; DONE.
  const features = Buffer.from([0xae, 2, 0, 0, 0, 0, 0xff]);
  return Buffer.concat([Buffer.from([0xad]), length, ack, features, Buffer.from([0xfd]), Buffer.alloc(12)]);
}

export async function startSqlServer(): Promise<SqlServer> {
  const tokens: string[] = [];

  function answer(socket: TLSSocket, type: number, body: Buffer): void {
    if (type === PRELOGIN) socket.write(packet(RESPONSE, preloginAnswer()));
    else if (type === LOGIN7) socket.write(packet(RESPONSE, fedAuthInfo()));
    else if (type === FEDAUTH_TOKEN) {
      tokens.push(body.subarray(8, 8 + body.readUInt32LE(4)).toString('utf16le'));
      socket.write(packet(RESPONSE, loginAnswer()));
    } else socket.write(packet(RESPONSE, Buffer.concat([Buffer.from([0xfd]), Buffer.alloc(12)])));
  }

  const server = createServer({ ...certificate, ALPNProtocols: ['tds/8.0'] }, (socket) => {
    let received = Buffer.alloc(0);
    let message = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 8 && received.length >= received.readUInt16BE(2)) {
        const one = received.subarray(0, received.readUInt16BE(2));
        received = received.subarray(one.length);
        message = Buffer.concat([message, one.subarray(8)]);
        if ((one.readUInt8(1) & 1) === 0) continue;
        answer(socket, one.readUInt8(0), message);
        message = Buffer.alloc(0);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return { port: (server.address() as AddressInfo).port, tokens };
}
