/**
 * A SQL server on loopback, as far as a login with a token of Entra and `select 1` go: TDS 8.0, which begins with TLS (ALPN
 * `tds/8.0`), PRELOGIN, LOGIN7 with the extension FEDAUTH (library ADAL), FEDAUTHINFO, the token in UTF-16LE.
 *
 * Guessed: the words of the refusals, and that a client is to log in with an application of one tenant, by its client id.
 *
 * @see https://learn.microsoft.com/openspecs/windows_protocols/ms-tds
 */

import type { TLSSocket } from 'node:tls';
import type { Emulator } from '@credex/testing/emulator';
import type { LoopbackServer } from './loopback-server.js';
import { demand, messages, startLoopbackServer } from './loopback-server.js';
import * as tds from './tds-wire.js';

const ALPN = 'tds/8.0';
const RESOURCE = 'https://database.windows.net';
const FEDAUTH_REQUIRED = 6;
const LOGIN_FAILED = 18_456;
const FIXED_LOGIN7_BYTES = 94;
const FEDAUTH_FEATURE = 0x02;
/** The library (2) and "FEDAUTHREQUIRED was seen"; then the workflow "integrated". */
const ADAL_INTEGRATED = Buffer.from([(2 << 1) | 1, 2]);

export interface SqlLogin {
  readonly accepted: boolean;
  readonly database: string;
  /** Why it was refused. */
  readonly reason?: string;
  /** The audience of the token; no token is kept. */
  readonly audience?: string;
}

export interface SqlServer extends LoopbackServer {
  /** All logins so far, the oldest first. */
  logins(): readonly SqlLogin[];
}

export interface SqlServerOptions {
  readonly emulator: Emulator;
  readonly tenantId: string;
  /** The application that may log in. */
  readonly clientId: string;
  /** For what the server says that it wants a token. Default: what Azure SQL says. */
  readonly spn?: string;
}

/** What LOGIN7 (2.2.6.4) says. It must have no password: the token is the one credential. */
function loginOf(data: Buffer): { readonly database: string } {
  demand(
    data.length >= FIXED_LOGIN7_BYTES && data.readUInt32LE(0) === data.length,
    'LOGIN7 is not as long as it says.',
  );
  demand(data.readUInt32LE(4) >= 0x74000004, 'LOGIN7 is older than TDS 7.4.');
  const text = (at: number): string => {
    const [offset, characters] = [data.readUInt16LE(at), data.readUInt16LE(at + 2)];
    demand(offset + 2 * characters <= data.length, 'A text of LOGIN7 is outside of the message.');
    return data.subarray(offset, offset + 2 * characters).toString('utf16le');
  };
  demand(text(40) === '' && text(44) === '', 'LOGIN7 has a user or a password.');
  demand((data.readUInt8(27) & 0x10) !== 0, 'LOGIN7 has no extension.');
  const features = data.subarray(data.readUInt32LE(data.readUInt16LE(56)));
  for (let at = 0; ;) {
    demand(
      at < features.length && features[at] !== 0xff,
      'LOGIN7 does not ask for federated authentication.',
    );
    const value = features.subarray(at + 5, at + 5 + features.readUInt32LE(at + 1));
    if (features[at] === FEDAUTH_FEATURE) {
      demand(value.equals(ADAL_INTEGRATED), 'The federated authentication is not ADAL, integrated.');
      return { database: text(68) };
    }
    at += 5 + value.length;
  }
}

/** The message FEDAUTH_TOKEN (2.2.6.3): two lengths and the token. */
function tokenOf(data: Buffer): string {
  demand(data.length > 8 && data.readUInt32LE(0) === data.length - 4, 'FEDAUTH is not as long as it says.');
  demand(data.readUInt32LE(4) === data.length - 8, 'The token is not as long as FEDAUTH says.');
  return data.subarray(8).toString('utf16le');
}

/** The answer to `select 1`, and to the settings that a client makes. */
function answer(type: number, data: Buffer): Buffer {
  const text = data.toString('utf16le');
  const aligned = type === tds.RPC ? text + data.subarray(1).toString('utf16le') : text;
  const isQuery = /select 1/i.test(aligned);
  demand(
    isQuery || /\bset (?:ansi|textsize|language|datefirst)/i.test(text),
    'There is only `select 1` here.',
  );
  if (!isQuery) return tds.response(tds.done());
  return tds.response(tds.integerRow(1), type === tds.RPC ? tds.procedureDone() : tds.done('rows'));
}

export async function startSqlServer(options: SqlServerOptions): Promise<SqlServer> {
  const { emulator, tenantId, clientId, spn = `${RESOURCE}/` } = options;
  const logins: SqlLogin[] = [];

  /** Why the token is refused. */
  async function faultOf(token: string): Promise<{ reason?: string; audience?: string }> {
    const claims = await emulator.azure.verifyAccessToken(token);
    if (claims === undefined) return { reason: 'no access token of Entra, or an expired one' };
    const audience = String(claims['aud']).replace(/\/$/, '');
    if (audience !== RESOURCE) return { audience, reason: `the token is not for ${RESOURCE}` };
    if (claims['tid'] !== tenantId) return { audience, reason: 'the token is of another tenant' };
    return claims['appid'] === clientId ? { audience } : { audience, reason: 'the token is of another user' };
  }

  async function serve(socket: TLSSocket): Promise<void> {
    demand(socket.alpnProtocol === ALPN, 'The client did not ask for TDS 8.0.');
    let expected: readonly number[] = [tds.PRELOGIN];
    let database = '';
    let message: readonly Buffer[] = [];
    for await (const bytes of messages(socket, tds.packetLength)) {
      const { type, isLast, data: part } = tds.packetOf(bytes);
      demand(expected.includes(type), `A packet of type ${type} at this place.`);
      message = [...message, part];
      if (!isLast) continue;
      const data = Buffer.concat(message);
      message = [];
      if (type === tds.PRELOGIN) {
        const wanted = tds.preloginOptions(data).get(FEDAUTH_REQUIRED);
        demand(
          wanted?.equals(Buffer.from([1])) === true,
          'PRELOGIN does not offer federated authentication.',
        );
        // VERSION, ENCRYPTION "not supported", FEDAUTHREQUIRED.
        const version = Buffer.from([16, 0, 0, 0, 0, 0]);
        const values = [
          [0, version],
          [1, Buffer.from([2])],
          [FEDAUTH_REQUIRED, Buffer.from([1])],
        ] as const;
        socket.write(tds.response(tds.prelogin(values)));
        expected = [tds.LOGIN7];
      } else if (type === tds.LOGIN7) {
        database = loginOf(data).database;
        socket.write(tds.response(tds.fedAuthInfo(`https://login.microsoftonline.com/${tenantId}`, spn)));
        expected = [tds.FEDAUTH_TOKEN];
      } else if (type === tds.FEDAUTH_TOKEN) {
        const verdict = await faultOf(tokenOf(data));
        const accepted = verdict.reason === undefined;
        logins.push({ accepted, database, ...verdict });
        const refusal = tds.sqlError(LOGIN_FAILED, "Login failed for user '<token-identified principal>'.");
        socket.write(
          accepted ? tds.response(tds.loginAck(), tds.done()) : tds.response(refusal, tds.done('failed')),
        );
        expected = accepted ? [tds.SQL_BATCH, tds.RPC] : [];
      } else socket.write(answer(type, data));
    }
  }

  const server = await startLoopbackServer({ ...emulator.serverCertificate, ALPNProtocols: [ALPN] }, serve);
  return { ...server, logins: () => [...logins] };
}
