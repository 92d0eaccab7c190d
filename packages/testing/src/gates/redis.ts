/**
 * Redis' protocol up to the login (AUTH and HELLO of the Redis documentation), and each later login on the same connection: TLS
 * only, as ElastiCache, MemoryDB, Memorystore and Azure.
 */

import type { Duplex } from 'node:stream';
import { redisCheck } from './checks.js';
import type { CacheGateLogin } from './checks.js';
import { EndedEarly, listenAsGate, take } from './listener.js';
import type { Gate, GateOptions, Visit } from './listener.js';

const NO_LOGIN = 'NOAUTH Authentication required.';
const WRONG = 'WRONGPASS invalid username-password pair or user is disabled.';
/** What Redis does without a login. */
const ANONYMOUS: readonly string[] = ['QUIT', 'RESET'];
/** More words than a command of a test has. */
const MOST_WORDS = 100_000;
const LONGEST_WORD = 64 * 1024 * 1024;

/**
 * Starts a gate for a Redis or Valkey server on this machine: it takes TLS only, checks the password as the cloud does, at the first
 * login and at each later one, and hands all other commands to the server, whose default user must have no password.
 *
 * @throws OptionError for a wrong option
 *
 * @example
 * const gate = await startRedisGate({
 *   emulator, server: { port: 6379 }, login: { cloud: 'aws', cacheName: 'shop', region: 'eu-west-1' },
 * });
 */
export function startRedisGate(options: GateOptions<CacheGateLogin>): Promise<Gate> {
  return listenAsGate('startRedisGate', options, redisCheck, serve);
}

async function serve(visit: Visit): Promise<void> {
  // Records of TLS begin with 22 (a handshake); a command begins with `*`.
  const [first] = await take(visit.socket, 1);
  visit.socket.unshift(Buffer.from([first as number]));
  if (first !== 22) {
    visit.note({ user: 'default', accepted: false, passwordSent: false, reason: 'no TLS' });
    return void visit.socket.destroy();
  }
  const client = visit.secured();
  let server: Duplex | undefined;
  let isLoggedIn = false;
  let isInTransaction = false;
  for (;;) {
    const words = await command(client);
    const name = words[0]?.toString().toUpperCase() ?? '';
    const login = loginOf(name, words);
    if (login === undefined && !isLoggedIn && !(server !== undefined && ANONYMOUS.includes(name))) {
      if (name === 'QUIT') return void client.end('+OK\r\n');
      if (name === 'RESET') client.write('+RESET\r\n');
      else if (server === undefined) client.write(`-${NO_LOGIN}\r\n`);
      else server.write(framed(refusal(NO_LOGIN)));
    } else if (login === undefined) {
      if (name === 'MULTI') isInTransaction = true;
      if (['EXEC', 'DISCARD', 'RESET'].includes(name)) isInTransaction = false;
      server?.write(framed(words));
      // It ends the login as well, since Redis 6.2.
      if (name === 'RESET') isLoggedIn = false;
    } else if (server !== undefined && isInTransaction) {
      // As ElastiCache refuses it; the transaction fails with it.
      server.write(framed(['AUTH-IS-NOT-ALLOWED-INSIDE-MULTI']));
    } else {
      const reason = await visit.check(login.user, login.password);
      const accepted = reason === undefined;
      visit.note({ user: login.user, accepted, passwordSent: true, reason });
      const isFirst = server === undefined;
      if (accepted) isLoggedIn = true;
      if (accepted && isFirst) server = await opened(visit, client);
      // Through the server, so that the answer comes in its turn.
      if (server !== undefined) server.write(framed(accepted ? login.forward : refusal(WRONG)));
      else client.write(`-${WRONG}\r\n`);
    }
  }
}

interface Login {
  readonly user: string;
  readonly password: string;
  /** The command for the server whose answer is the answer to a good login. */
  readonly forward: readonly (string | Buffer)[];
}

/** `AUTH password`, `AUTH user password`, `HELLO 3 AUTH user password …`; undefined for anything else. */
function loginOf(name: string, words: readonly Buffer[]): Login | undefined {
  if (name === 'AUTH' && (words.length === 2 || words.length === 3)) {
    const [user, password] = words.length === 3 ? [words[1], words[2]] : ['default', words[1]];
    // It changes nothing, and its answer is `+OK`.
    return { user: String(user), password: String(password), forward: ['CLIENT', 'REPLY', 'ON'] };
  }
  const at = words.findIndex((word, index) => index > 1 && word.toString().toUpperCase() === 'AUTH');
  if (name !== 'HELLO' || at === -1 || words.length < at + 3) return undefined;
  return {
    user: String(words[at + 1]),
    password: String(words[at + 2]),
    forward: words.filter((_word, index) => index < at || index > at + 2),
  };
}

/** A command whose answer is this error. */
const refusal = (text: string): string[] => ['EVAL', 'return redis.error_reply(ARGV[1])', '0', text];

async function opened(visit: Visit, client: Duplex): Promise<Duplex> {
  const server = await visit.connectServer();
  server.pipe(client);
  client.once('close', () => server.destroy());
  server.once('close', () => client.destroy());
  return server;
}

/** One command: an array of texts (RESP). */
async function command(client: Duplex): Promise<Buffer[]> {
  const count = await numberAfter(client, '*', MOST_WORDS);
  const words: Buffer[] = [];
  for (let left = count; left > 0; left -= 1) {
    const length = await numberAfter(client, '$', LONGEST_WORD);
    words.push(await take(client, length));
    await take(client, 2);
  }
  return words;
}

async function numberAfter(client: Duplex, sign: string, most: number): Promise<number> {
  let line = '';
  while (!line.endsWith('\r\n') && line.length < 20) line += (await take(client, 1)).toString('latin1');
  const number = line.startsWith(sign) ? Number(line.slice(1, -2)) : Number.NaN;
  if (Number.isInteger(number) && number >= 0 && number <= most) return number;
  client.end(`-ERR Protocol error: expected '${sign}'\r\n`);
  throw new EndedEarly('The client does not speak the protocol.');
}

function framed(words: readonly (string | Buffer)[]): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = Buffer.from(word as Buffer);
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}
