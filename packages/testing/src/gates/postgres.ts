/**
 * PostgreSQL's wire protocol up to the login (PostgreSQL documentation, "Frontend/Backend Protocol"): TLS, then a password in
 * clear, as RDS, Aurora DSQL, Cloud SQL and Azure ask for it.
 */

import type { Duplex } from 'node:stream';
import { postgresCheck } from './checks.js';
import type { DatabaseGateLogin } from './checks.js';
import { join, listenAsGate, take } from './listener.js';
import type { Gate, GateOptions, Visit } from './listener.js';

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
const VERSION_3 = 196_608;
/** PostgreSQL's own limit for the first packet, and for a password. */
const LONGEST_STARTUP = 10_000;
const LONGEST_PASSWORD = 65_535;

/**
 * Starts a gate for a PostgreSQL server on this machine: it requires TLS, checks the password as the cloud does, and hands the
 * connection to the server, which must accept connections from 127.0.0.1 without a password (`initdb -A trust`).
 *
 * @throws OptionError for a wrong option
 *
 * @example
 * const gate = await startPostgresGate({
 *   emulator, server: { port: 5432 }, login: { cloud: 'aws', region: 'eu-west-1' },
 * });
 * const pool = new Pool(
 *   pgOptions({
 *     host: gate.hostname, port: gate.port, user: 'app', ssl: { ca: gate.ca },
 *     password: rdsPassword({ hostname: gate.hostname, port: gate.port, username: 'app', region: 'eu-west-1', roleArn }),
 *   }),
 * );
 */
export function startPostgresGate(options: GateOptions<DatabaseGateLogin>): Promise<Gate> {
  return listenAsGate('startPostgresGate', options, postgresCheck, serve);
}

async function serve(visit: Visit): Promise<void> {
  let client: Duplex = visit.socket;
  let isSecure = false;
  for (;;) {
    const { code, body } = await startupPacket(client);
    if (code === SSL_REQUEST && !isSecure) {
      visit.socket.write('S');
      client = visit.secured();
      isSecure = true;
    } else if (code === GSS_REQUEST && !isSecure) visit.socket.write('N');
    else if (code === CANCEL_REQUEST) return cancel(visit, body);
    else if (code === VERSION_3) return login(visit, client, isSecure, parameters(body));
    else return refuse(client, '08P01', 'unsupported frontend protocol');
  }
}

async function startupPacket(client: Duplex): Promise<{ readonly code: number; readonly body: Buffer }> {
  const length = (await take(client, 4)).readUInt32BE();
  if (length < 8 || length > LONGEST_STARTUP) return { code: 0, body: Buffer.alloc(0) };
  const body = await take(client, length - 4);
  return { code: body.readUInt32BE(), body: body.subarray(4) };
}

/** Names and values in turn, each ended by a zero byte. */
function parameters(body: Buffer): ReadonlyMap<string, string> {
  const words = body.toString().split('\0');
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < words.length && words[at] !== ''; at += 2)
    found.set(words[at] as string, words[at + 1] as string);
  return found;
}

async function login(
  visit: Visit,
  client: Duplex,
  isSecure: boolean,
  asked: ReadonlyMap<string, string>,
): Promise<void> {
  const user = asked.get('user') ?? '';
  const database = asked.get('database') ?? user;
  const attempt = { user, database };
  if (!isSecure) {
    visit.note({ ...attempt, accepted: false, passwordSent: false, reason: 'no TLS' });
    return refuse(
      client,
      '28000',
      `no pg_hba.conf entry for host "127.0.0.1", user "${user}", database "${database}", no encryption`,
    );
  }
  client.write(message('R', int32(3)));
  const type = (await take(client, 1)).toString();
  const length = (await take(client, 4)).readUInt32BE();
  if (type !== 'p' || length < 5 || length > LONGEST_PASSWORD)
    return refuse(client, '08P01', 'expected password response');
  const password = (await take(client, length - 4)).toString().replace(/\0$/, '');
  const reason = await visit.check(user, password);
  visit.note({ ...attempt, accepted: reason === undefined, passwordSent: true, reason });
  // The words of RDS; the reason is in the server's log only, here in `logins()`.
  if (reason !== undefined) return refuse(client, '28000', `PAM authentication failed for user "${user}"`);
  return handOver(
    visit,
    client,
    new Map([...asked, ['user', visit.server.user ?? user], ['database', database]]),
  );
}

/** Logs in at the server with the client's parameters; all that follows passes unchanged. */
async function handOver(visit: Visit, client: Duplex, asked: ReadonlyMap<string, string>): Promise<void> {
  const server = await visit.connectServer();
  const body = Buffer.from(`${[...asked].flat().join('\0')}\0\0`);
  server.write(Buffer.concat([int32(body.length + 8), int32(VERSION_3), body]));
  const type = await take(server, 1);
  const length = await take(server, 4);
  const rest = await take(server, length.readUInt32BE() - 4);
  if (type.toString() === 'R' && rest.readUInt32BE() !== 0) {
    server.destroy();
    return refuse(
      client,
      '28000',
      'the server behind the gate asks for a password: let it trust 127.0.0.1 in pg_hba.conf',
    );
  }
  client.write(Buffer.concat([type, length, rest]));
  join(client, server);
}

async function cancel(visit: Visit, body: Buffer): Promise<void> {
  const server = await visit.connectServer();
  server.end(Buffer.concat([int32(16), int32(CANCEL_REQUEST), body]));
  visit.socket.end();
}

function refuse(client: Duplex, code: string, text: string): void {
  const fields = [`SFATAL`, `VFATAL`, `C${code}`, `M${text}`].join('\0');
  client.end(message('E', Buffer.from(`${fields}\0\0`)));
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
