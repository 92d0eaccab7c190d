/**
 * The wire protocol of MySQL and MariaDB up to the login (MySQL documentation, "Connection Phase"): TLS, then the plugin
 * mysql_clear_password, as RDS, Cloud SQL and Azure ask for it.
 */

import { Transform } from 'node:stream';
import type { Duplex } from 'node:stream';
import { mysqlCheck } from './checks.js';
import type { DatabaseGateLogin } from './checks.js';
import { join, listenAsGate, take } from './listener.js';
import type { Gate, GateOptions, Visit } from './listener.js';

const CAN = {
  CONNECT_WITH_DB: 1 << 3,
  COMPRESS: 1 << 5,
  SSL: 1 << 11,
  PLUGIN_AUTH: 1 << 19,
  CONNECT_ATTRIBUTES: 1 << 20,
  LENGTH_ENCODED_AUTH: 1 << 21,
  ZSTD_COMPRESSION: 1 << 26,
  MULTI_FACTOR: 1 << 28,
} as const;
const NOT_OFFERED = CAN.COMPRESS | CAN.ZSTD_COMPRESSION | CAN.MULTI_FACTOR;

/** The fixed part of a client's first packet: capabilities, packet size, character set, filler. */
const HEAD = 32;
const OK = 0x00;
const ERROR = 0xff;
const AUTH_SWITCH = 0xfe;

interface Packet {
  readonly sequence: number;
  readonly body: Buffer;
}

/**
 * Starts a gate for a MySQL or MariaDB server on this machine: it requires TLS, checks the password as the cloud does, and hands the
 * connection to the server, whose user must have an empty password (`CREATE USER app@127.0.0.1`).
 *
 * @throws OptionError for a wrong option
 *
 * @example
 * const gate = await startMysqlGate({
 *   emulator, server: { port: 3306 }, login: { cloud: 'aws', region: 'eu-west-1' },
 * });
 */
export function startMysqlGate(options: GateOptions<DatabaseGateLogin>): Promise<Gate> {
  return listenAsGate('startMysqlGate', options, mysqlCheck, serve);
}

async function serve(visit: Visit): Promise<void> {
  // The greeting is the server's, so that the client speaks its dialect.
  const server = await visit.connectServer();
  const greeting = await packet(server);
  if (greeting.body[0] === ERROR) return void visit.socket.end(framed(greeting.sequence, greeting.body));
  visit.socket.write(framed(0, offered(greeting.body)));
  const first = await packet(visit.socket);
  if (first.body.length !== HEAD || (capabilities(first.body) & CAN.SSL) === 0) {
    const { user } = response(first.body);
    visit.note({ user, accepted: false, passwordSent: false, reason: 'no TLS' });
    server.destroy();
    return refuse(
      visit.socket,
      first.sequence + 1,
      3159,
      'HY000',
      'Connections using insecure transport are prohibited.',
    );
  }
  const client = visit.secured();
  const second = await packet(client);
  const asked = response(second.body);
  client.write(
    framed(
      second.sequence + 1,
      Buffer.from(`${String.fromCharCode(AUTH_SWITCH)}mysql_clear_password\0`, 'latin1'),
    ),
  );
  const answer = await packet(client);
  const password = answer.body.toString().replace(/\0$/, '');
  const reason = await visit.check(asked.user, password);
  visit.note({
    user: asked.user,
    database: asked.database,
    accepted: reason === undefined,
    passwordSent: true,
    reason,
  });
  if (reason !== undefined) {
    server.destroy();
    const words = `Access denied for user '${asked.user}'@'127.0.0.1' (using password: YES)`;
    return refuse(client, answer.sequence + 1, 1045, '28000', words);
  }
  return handOver(visit, client, server, asked, answer.sequence + 1);
}

/** Logs in at the server with an empty password. */
async function handOver(
  visit: Visit,
  client: Duplex,
  server: Duplex,
  asked: Response,
  sequence: number,
): Promise<void> {
  server.write(framed(1, loginPacket(asked, visit.server.user ?? asked.user)));
  let last = await packet(server);
  // To the plugin of the user; the answer for an empty password is empty in all of them.
  if (last.body[0] === AUTH_SWITCH) {
    server.write(framed(last.sequence + 1, Buffer.alloc(0)));
    last = await packet(server);
  }
  if (last.body[0] !== OK) {
    client.end(framed(sequence, last.body));
    server.destroy();
    return;
  }
  client.write(framed(sequence, last.body));
  join(
    client,
    server,
    withoutChangeOfUser().once('error', () => client.destroy()),
  );
}

const COM_CHANGE_USER = 0x11;

/**
 * Fails at a change of the user: this server would accept it without a password, and a cloud checks one. `mysql2` sends it for
 * `changeUser()` alone.
 */
function withoutChangeOfUser(): Transform {
  let head: Buffer = Buffer.alloc(0);
  let rest = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length;) {
        if (rest > 0) {
          const skipped = Math.min(rest, chunk.length - at);
          rest -= skipped;
          at += skipped;
          continue;
        }
        // The length, the sequence number, and the byte that names the command.
        head = Buffer.concat([head, chunk.subarray(at, at + 1)]);
        at += 1;
        const isEmpty = head.length === 4 && head.readUIntLE(0, 3) === 0;
        if (head.length < 5 && !isEmpty) continue;
        if (head[3] === 0 && head[4] === COM_CHANGE_USER)
          return done(new Error('COM_CHANGE_USER is not supported.'));
        rest = isEmpty ? 0 : head.readUIntLE(0, 3) - 1;
        head = Buffer.alloc(0);
      }
      done(null, chunk);
    },
  });
}

async function packet(stream: Duplex): Promise<Packet> {
  const header = await take(stream, 4);
  return { sequence: header.readUInt8(3), body: await take(stream, header.readUIntLE(0, 3)) };
}

function framed(sequence: number, body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(body.length, 0, 3);
  header.writeUInt8(sequence & 0xff, 3);
  return Buffer.concat([header, body]);
}

/** The server's greeting with TLS, and without what would hide the commands or ask for more passwords. */
function offered(greeting: Buffer): Buffer {
  const changed = Buffer.from(greeting);
  // After the version's text: the connection's id, eight bytes of the challenge, a filler.
  const low = changed.indexOf(0, 1) + 1 + 4 + 8 + 1;
  const high = low + 2 + 1 + 2;
  const all = changed.readUInt16LE(low) + changed.readUInt16LE(high) * 0x1_0000;
  const flags = ((all & ~NOT_OFFERED) | CAN.SSL) >>> 0;
  changed.writeUInt16LE(flags & 0xffff, low);
  changed.writeUInt16LE(flags >>> 16, high);
  return changed;
}

interface Response {
  readonly head: Buffer;
  readonly user: string;
  readonly database: string | undefined;
  readonly attributes: Buffer;
}

const capabilities = (body: Buffer): number => (body.length < 4 ? 0 : body.readUInt32LE());

/** What a client says of itself: HandshakeResponse41. */
function response(body: Buffer): Response {
  const flags = capabilities(body);
  let at = HEAD;
  const text = (): string => {
    const end = body.indexOf(0, at);
    const found = body.toString('utf8', at, end === -1 ? body.length : end);
    at = end === -1 ? body.length : end + 1;
    return found;
  };
  const user = text();
  // The answer to the first challenge, for another plugin. At most 250 bytes, so its length is one byte in all forms.
  at += 1 + (body[at] ?? 0);
  const database = (flags & CAN.CONNECT_WITH_DB) === 0 ? undefined : text();
  if ((flags & CAN.PLUGIN_AUTH) !== 0) text();
  return { head: body.subarray(0, HEAD), user, database, attributes: body.subarray(at) };
}

function loginPacket({ head, database, attributes }: Response, user: string): Buffer {
  const flags = (capabilities(head) & ~CAN.SSL) >>> 0;
  const own = Buffer.from(head);
  own.writeUInt32LE(flags);
  return Buffer.concat([
    own,
    Buffer.from(`${user}\0\0`),
    Buffer.from(database === undefined ? '' : `${database}\0`),
    Buffer.from((flags & CAN.PLUGIN_AUTH) === 0 ? '' : 'mysql_native_password\0'),
    attributes,
  ]);
}

function refuse(client: Duplex, sequence: number, code: number, state: string, words: string): void {
  const number = Buffer.alloc(3);
  number.writeUInt8(ERROR);
  number.writeUInt16LE(code, 1);
  client.end(framed(sequence, Buffer.concat([number, Buffer.from(`#${state}${words}`)])));
}
