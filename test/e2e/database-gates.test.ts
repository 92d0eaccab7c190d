/**
 * The gates before PostgreSQL and MySQL, each over its bare protocol and with a stand-in for the server: who is let in, and what the
 * server receives. With official clients and real servers: test/databases.
 */

import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { rdsPassword } from '@credex/aws/rds';
import { azureDatabasePassword, azureRedisPassword } from '@credex/azure/databases';
import { createCredentialCache } from '@credex/core';
import { cloudSqlPassword } from '@credex/gcp/cloud-sql';
import type { DatabaseGateLogin, Gate } from '@credex/testing/gates';
import { startMysqlGate, startPostgresGate } from '@credex/testing/gates';
import { describe, expect, test } from 'vitest';
import { asked, closeAfterEach, openTo, standIn, upgraded } from '../support/gate-peers.js';
import { AWS, AZURE, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
closeAfterEach();

const own = () => ({ cache: createCredentialCache(), tokenSource: () => fixture.mint() });
const signed = (gate: Gate, overrides: object = {}): Promise<string> =>
  rdsPassword({
    ...fixture.options.aws,
    ...own(),
    hostname: gate.hostname,
    port: gate.port,
    username: 'app',
    ...overrides,
  })();

describe('PostgreSQL', () => {
  const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
  const message = (type: string, body: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(body) + 4);
    return Buffer.concat([Buffer.from(type), length, Buffer.from(body)]);
  };
  const startup = (user: string): Buffer => message('', `\0\u0003\0\0user\0${user}\0database\0shop\0\0`);
  const received: Buffer[] = [];
  const start = async (login: DatabaseGateLogin = { cloud: 'aws', region: AWS.region }): Promise<Gate> => {
    const port = await standIn(Buffer.alloc(0), (sent) => {
      received.push(sent);
      return message('R', '\0\0\0\0');
    });
    return startPostgresGate({ emulator: fixture.emulator, server: { port }, login });
  };
  const logIn = async (gate: Gate, password: string, user = 'app'): Promise<string> => {
    const socket = await openTo(gate);
    expect((await asked(socket, SSL_REQUEST)).toString()).toBe('S');
    const stream = await upgraded(socket, gate);
    expect(await asked(stream, startup(user))).toEqual(message('R', '\0\0\0\u0003'));
    return (await asked(stream, message('p', `${password}\0`))).toString();
  };

  test('hands the connection of a signed password to the server, with all parameters but no password', async () => {
    const gate = await start();
    expect(await logIn(gate, await signed(gate))).toBe(message('R', '\0\0\0\0').toString());
    expect(received.splice(0)).toEqual([startup('app')]);
    expect(gate.logins()).toEqual([
      { user: 'app', database: 'shop', accepted: true, passwordSent: true, reason: undefined },
    ]);
  });

  test.each([
    ['of another user', {}, 'admin', /wrong_user/],
    ['for another port', { port: 1 }, 'app', /wrong_host/],
    ['for another region', { region: 'eu-central-1' }, 'app', /wrong_region/],
  ])('refuses a password %s, as RDS words it', async (_what, overrides, user, reason) => {
    const gate = await start();
    const said = await logIn(gate, await signed(gate, overrides), user);
    expect(said).toContain(`C28000\0MPAM authentication failed for user "${user}"`);
    expect(gate.logins()).toMatchObject([{ accepted: false, reason: expect.stringMatching(reason) }]);
    expect(received).toEqual([]);
  });

  test('refuses a password after 15 minutes', async () => {
    const gate = await start();
    const password = await signed(gate);
    fixture.emulator.clock.advance(15 * 60_000);
    await logIn(gate, password);
    expect(gate.logins()).toMatchObject([{ accepted: false, reason: expect.stringMatching(/^expired/) }]);
  });

  test('asks for no password without TLS', async () => {
    const gate = await start();
    const socket = await openTo(gate);
    expect((await asked(socket, startup('app'))).toString()).toContain('no encryption');
    expect(gate.logins()).toMatchObject([{ accepted: false, passwordSent: false, reason: 'no TLS' }]);
  });

  test("asks the role's policies, if the gate knows the resource", async () => {
    const resource = `arn:aws:rds-db:${AWS.region}:${AWS.accountId}:dbuser:db-ABC`;
    const gate = await start({ cloud: 'aws', region: AWS.region, resource });
    await logIn(gate, await signed(gate));
    expect(gate.logins()).toMatchObject([
      { accepted: false, reason: expect.stringMatching(/^not_authorized/) },
    ]);
  });

  test('Cloud SQL: the user is the name of the service account', async () => {
    const gate = await start({ cloud: 'gcp' });
    const token = await cloudSqlPassword({ ...fixture.options.gcp, ...own() })();
    await logIn(gate, token, GCP.serviceAccountEmail.replace('.gserviceaccount.com', ''));
    await logIn(gate, token, 'app');
    await logIn(gate, 'ya29.other', 'app');
    expect(gate.logins().map(({ accepted }) => accepted)).toEqual([true, false, false]);
    received.splice(0);
  });

  test('Azure: the token is for databases, and of the application of the user', async () => {
    const { tenantId, clientId } = AZURE;
    const gate = await start({ cloud: 'azure', tenantId, users: { app: clientId, other: tenantId } });
    const { scopes: _scopes, ...options } = fixture.options.azure;
    const token = await azureDatabasePassword({ ...options, ...own() })();
    await logIn(gate, token);
    await logIn(gate, token, 'other');
    await logIn(gate, await azureRedisPassword({ ...options, ...own() })());
    fixture.emulator.clock.advance(2 * 3_600_000);
    await logIn(gate, token);
    expect(gate.logins().map(({ reason }) => reason)).toEqual([
      undefined,
      'the token is that of another user',
      'the token is not for https://ossrdbms-aad.database.windows.net',
      'no access token of Entra, or an expired one',
    ]);
    received.splice(0);
  });
});

describe('MySQL', () => {
  const packet = (sequence: number, body: Buffer): Buffer =>
    Buffer.concat([Buffer.from([body.length & 255, body.length >> 8, 0, sequence]), body]);
  /** Version, connection, challenge, filler; then capabilities (all but TLS) around character set and status. */
  const GREETING = packet(
    0,
    Buffer.concat([
      Buffer.from('\n10.11-fake\0\u0001\0\0\0challeng\0', 'latin1'),
      Buffer.from([0xff, 0xf7, 45, 2, 0, 0xff, 0x81, 21]),
      Buffer.alloc(10),
      Buffer.from('0123456789ab\0mysql_native_password\0'),
    ]),
  );
  const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
  const SSL = 1 << 11;
  const CAPABILITIES = (1 << 3) | (1 << 9) | (1 << 15) | (1 << 19);
  const head = (flags: number): Buffer => {
    const bytes = Buffer.alloc(32);
    bytes.writeUInt32LE(flags);
    return bytes;
  };
  const response = (flags: number): Buffer =>
    Buffer.concat([head(flags), Buffer.from('app\0\0shop\0mysql_native_password\0')]);

  async function start(): Promise<{ readonly gate: Gate; readonly received: Buffer[] }> {
    const received: Buffer[] = [];
    const port = await standIn(GREETING, (sent) => {
      received.push(sent);
      return packet(2, OK);
    });
    const login = { cloud: 'aws', region: AWS.region } as const;
    return { gate: await startMysqlGate({ emulator: fixture.emulator, server: { port }, login }), received };
  }

  const logIn = async (gate: Gate, password: string): Promise<Buffer> => {
    const stream = await atPassword(gate);
    return asked(stream, packet(4, Buffer.from(`${password}\0`)));
  };

  async function loggedIn(gate: Gate, password: string): Promise<Duplex> {
    const stream = await atPassword(gate);
    expect(await asked(stream, packet(4, Buffer.from(`${password}\0`)))).toEqual(packet(5, OK));
    return stream;
  }

  async function atPassword(gate: Gate): Promise<Duplex> {
    const socket = await openTo(gate);
    const greeting = (await once(socket, 'data'))[0] as Buffer;
    expect(greeting.readUInt16LE(4 + 25) & SSL).toBe(SSL);
    socket.write(packet(1, head(CAPABILITIES | SSL)));
    const stream = await upgraded(socket, gate);
    const asksFor = await asked(stream, packet(2, response(CAPABILITIES | SSL)));
    expect(asksFor).toEqual(packet(3, Buffer.from('\u00femysql_clear_password\0', 'latin1')));
    return stream;
  }

  test('hands the connection of a signed password to the server, without the flag for TLS', async () => {
    const { gate, received } = await start();
    expect(await logIn(gate, await signed(gate))).toEqual(packet(5, OK));
    expect(received).toEqual([packet(1, response(CAPABILITIES))]);
    expect(gate.logins()).toMatchObject([{ user: 'app', database: 'shop', accepted: true }]);
  });

  test('ends a connection that changes its user, in however many pieces it arrives', async () => {
    const { gate, received } = await start();
    const stream = await loggedIn(gate, await signed(gate));
    const query = packet(0, Buffer.from('\u0003select 1\0\u0011', 'latin1'));
    expect(await asked(stream, query)).toEqual(packet(2, OK));
    const change = packet(0, Buffer.from('\u0011admin\0\0\0', 'latin1'));
    const closed = once(stream, 'close');
    for (const byte of change) stream.write(Buffer.from([byte]));
    await closed;
    expect(Buffer.concat(received.slice(1)).subarray(0, query.length)).toEqual(query);
    expect(Buffer.concat(received.slice(1)).includes('admin')).toBe(false);
  });

  test('refuses another password, and a client without TLS before its password', async () => {
    const { gate, received } = await start();
    expect((await logIn(gate, 'wrong')).toString()).toContain("Access denied for user 'app'");
    const socket = await openTo(gate);
    await once(socket, 'data');
    const refused = await asked(socket, packet(1, response(CAPABILITIES)));
    expect(refused.readUInt16LE(5)).toBe(3159);
    expect(gate.logins()).toMatchObject([
      { accepted: false, passwordSent: true },
      { user: 'app', accepted: false, passwordSent: false, reason: 'no TLS' },
    ]);
    expect(received).toEqual([]);
  });
});

test('a wrong option is named', async () => {
  const { emulator } = fixture;
  const login = { cloud: 'aws', region: AWS.region } as const;
  await expect(startPostgresGate({ emulator, server: { port: 0 }, login })).rejects.toMatchObject({
    option: 'server.port',
  });
  const unknown = { cloud: 'oracle' } as never;
  await expect(startPostgresGate({ emulator, server: { port: 1 }, login: unknown })).rejects.toThrow(
    'login.cloud',
  );
});
