/** The clients of Azure SQL at a strict server on loopback (`sql-server.ts`). */

import { mssqlOptions } from '@credex/connect/mssql';
import type { MssqlCredential } from '@credex/connect/mssql';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AZURE } from '../support/trust.js';
import { client } from './clients.mjs';
import { startPlainServer } from './loopback-server.js';
import { DATABASE, placeOf, reconnected, rejection, useDatabaseFixture } from './setup.js';
import type { Client } from './setup.js';
import type { SqlServer, SqlServerOptions } from './sql-server.js';
import { startSqlServer } from './sql-server.js';

const CONNECTIONS = 20;

interface Place {
  readonly port: number;
  readonly ca?: string;
  /** More of `options`. */
  readonly more?: object;
}
interface Row {
  readonly value: unknown;
}
interface TediousRequest {
  on(event: 'row', listener: (row: readonly Row[]) => void): void;
}
interface TediousConnection {
  connect(done: (error?: Error) => void): void;
  execSql(request: TediousRequest): void;
  close(): void;
  on(event: 'error', listener: () => void): void;
}
interface Tedious {
  readonly Connection: new (options: object) => TediousConnection;
  readonly Request: new (text: string, done: (error?: Error) => void) => TediousRequest;
}
interface Mssql {
  readonly ConnectionPool: new (options: object) => {
    connect(): Promise<unknown>;
    query(text: string): Promise<{ readonly recordset: readonly object[] }>;
    close(): Promise<void>;
    on(event: 'error', listener: () => void): void;
  };
}

const common = ({ port, ca, more }: Place, credential: MssqlCredential) => ({
  server: 'localhost',
  credential,
  options: { port, database: DATABASE, cryptoCredentialsDetails: { ca }, ...more },
});

const CLIENTS: Readonly<Record<string, (place: Place, credential: MssqlCredential) => Promise<Client>>> = {
  /** A connection for each statement: it has no pool. */
  async tedious(place, credential) {
    const { Connection, Request } = (await client('tedious')) as unknown as Tedious;
    const options = mssqlOptions(common(place, credential));
    const run = async (): Promise<unknown> => {
      const connection = new Connection(options);
      connection.on('error', () => undefined);
      try {
        await new Promise<void>((resolve, reject) =>
          connection.connect((error) => (error ? reject(error) : resolve())),
        );
        return await new Promise((resolve, reject) => {
          const values: unknown[] = [];
          const request = new Request('select 1', (error) => (error ? reject(error) : resolve(values)));
          request.on('row', (row) => void values.push(...row.map(({ value }) => value)));
          connection.execSql(request);
        });
      } finally {
        connection.close();
      }
    };
    return { run, end: async () => undefined };
  },
  async mssql(place, credential) {
    const { ConnectionPool } = (await client('mssql')) as unknown as Mssql;
    const options = { ...mssqlOptions(common(place, credential)), pool: { max: CONNECTIONS } };
    const pool = new ConnectionPool(options);
    pool.on('error', () => undefined);
    return {
      async run() {
        await pool.connect();
        const { recordset } = await pool.query('select 1');
        return recordset.flatMap((row) => Object.values(row));
      },
      end: () => pool.close(),
    };
  },
};

/** Where the error of the provider is, in the one that the client throws. */
const FAILURE_AT: Readonly<Record<string, string>> = {
  tedious: 'errors.1',
  mssql: 'originalError.errors.1',
};

const { fixture, azure } = useDatabaseFixture();
let server: SqlServer;
afterEach(() => server?.close());
const exchanges = (): number => fixture.emulator.log.count('entra');

async function started(more: Partial<SqlServerOptions> = {}): Promise<Place> {
  const { tenantId, clientId } = AZURE;
  server = await startSqlServer({ emulator: fixture.emulator, tenantId, clientId, ...more });
  return { port: server.port, ca: fixture.emulator.ca };
}

describe.each(Object.entries(CLIENTS))('%s', (name, make) => {
  test('20 connections cost one exchange; after everything has expired it connects again with the next one', async () => {
    const one = await make(await started(), azure());
    await one.run();
    const results = await Promise.all(Array.from({ length: CONNECTIONS }, () => one.run()));
    expect(results.flat()).toEqual(results.map(() => 1));
    expect(exchanges()).toBe(1);
    if (name === 'tedious') expect(server.connections()).toBe(CONNECTIONS + 1);
    expect(server.logins()[0]).toMatchObject({ accepted: true, database: DATABASE });
    fixture.emulator.clock.advance(2 * 3_600_000);
    await reconnected(server, one);
    expect(exchanges()).toBe(2);
    expect(server.logins().filter(({ accepted }) => !accepted)).toEqual([]);
    expect(server.violations()).toEqual([]);
    await one.end();
  });

  test('a server that names another scope gets no token of that scope', async () => {
    const one = await make(await started({ spn: 'https://storage.azure.com/' }), azure());
    expect(await one.run()).toEqual([1]);
    expect(new Set(server.logins().map(({ audience }) => audience))).toEqual(
      new Set(['https://database.windows.net']),
    );
    expect(exchanges()).toBe(1);
    await one.end();
  });

  test('a failing provider reaches the caller with its code, and then it works', async () => {
    const [good, bad] = [azure(), azure('preview')];
    let isFailing = true;
    const place = await started();
    const one = await make(place, { getToken: (scopes) => (isFailing ? bad : good).getToken(scopes) });
    for (let call = 0; call < 2; call += 1)
      expect(placeOf(await rejection(one.run()), 'subject_not_allowed')).toBe(FAILURE_AT[name]);
    expect(server.logins()).toEqual([]);
    isFailing = false;
    expect(await one.run()).toEqual([1]);
    await one.end();
  });

  test('sends nothing to a server with the certificate of another host or authority, or without TLS', async () => {
    const { port, ca = '' } = await started();
    const credential = { getToken: vi.fn(azure().getToken) };
    // The answer of a server that speaks TDS 7.4 only: PRELOGIN, encryption "not supported".
    const plain = await startPlainServer(Buffer.from('0401001a000001000100100001ff02', 'hex'));
    const places: readonly Place[] = [
      { port, ca, more: { serverName: 'shop.database.windows.net' } },
      { port },
      { port: plain.port, ca },
      // It means TLS, which begins at once: not TLS if the server offers it.
      { port: plain.port, ca, more: { encrypt: true } },
    ];
    for (const place of places) {
      const one = await make({ ...place, more: { connectTimeout: 2_000, ...place.more } }, credential);
      await rejection(one.run());
      await one.end();
    }
    await plain.close();
    expect(credential.getToken).not.toHaveBeenCalled();
    expect([server.logins(), exchanges()]).toEqual([[], 0]);
    // A TLS handshake record, and no PRELOGIN.
    expect(plain.received()[0]).toBe(0x16);
  });

  test.each([{ encrypt: false }, { trustServerCertificate: true }])('refuses %j', async (more) => {
    const place = await started();
    await expect(make({ ...place, more }, azure())).rejects.toMatchObject({ code: 'invalid_option' });
    expect([server.connections(), exchanges()]).toEqual([0, 0]);
  });
});
