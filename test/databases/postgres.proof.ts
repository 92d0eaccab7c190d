/** The clients of PostgreSQL at a real server behind the gate. */

import { pgOptions } from '@credex/connect/pg';
import { postgresOptions } from '@credex/connect/postgres';
import type { Gate } from '@credex/testing/gates';
import { startPostgresGate } from '@credex/testing/gates';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { POSTGRES, startPostgres } from '../support/postgres-server.mjs';
import type { PostgresServer } from '../support/postgres-server.mjs';
import { describeProgram } from '../support/programs.js';
import { AWS } from '../support/trust.js';
import { client } from './clients.mjs';
import { DATABASE, USER, codes, reconnected, rejection, switched, useDatabaseFixture } from './setup.js';
import type { Client, Password } from './setup.js';

const CONNECTIONS = 20;
const SLOW = 'SELECT pg_sleep(0.1)';
/** postgres.js waits forever for a connection that broke during a statement. */
const AFTER_A_SECOND = { timeout: 1 };

interface Pool {
  query(text: string): Promise<unknown>;
  on(event: 'error', listener: () => void): void;
  end(): Promise<void>;
}
type Sql = { unsafe(text: string): Promise<unknown>; end(options: { timeout: number }): Promise<void> };
type Place = { readonly port: number; readonly ca?: string };

const common = ({ port }: Place) => ({ host: '127.0.0.1', port, user: USER, database: DATABASE });

async function pgPool(place: Place, password: Password): Promise<Pool> {
  const { Pool } = (await client('pg')) as unknown as { Pool: new (options: object) => Pool };
  const pool = new Pool(pgOptions({ ...common(place), password, ssl: { ca: place.ca }, max: CONNECTIONS }));
  // Idle connections that end.
  pool.on('error', () => undefined);
  return pool;
}

async function postgresSql(place: Place, password: Password): Promise<Sql> {
  const { default: postgres } = (await client('postgres')) as unknown as {
    default: (options: object) => Sql;
  };
  return postgres(postgresOptions({ ...common(place), password, ssl: { ca: place.ca }, max: CONNECTIONS }));
}

/** How each client is made of the options, and runs a statement. */
const CLIENTS: Readonly<Record<string, (place: Place, password: Password) => Promise<Client>>> = {
  async pg(place, password) {
    const pool = await pgPool(place, password);
    return { run: () => pool.query(SLOW), end: () => pool.end() };
  },
  async postgres(place, password) {
    const sql = await postgresSql(place, password);
    return { run: async () => sql.unsafe(SLOW), end: () => sql.end(AFTER_A_SECOND) };
  },
  async kysely(place, password) {
    const { Kysely, PostgresDialect, sql } = (await client('kysely')) as unknown as {
      Kysely: new (options: object) => { destroy(): Promise<void> };
      PostgresDialect: new (options: object) => object;
      sql: { raw(text: string): { execute(db: object): Promise<unknown> } };
    };
    const db = new Kysely({ dialect: new PostgresDialect({ pool: await pgPool(place, password) }) });
    return { run: () => sql.raw(SLOW).execute(db), end: () => db.destroy() };
  },
  async 'drizzle on pg'(place, password) {
    const { drizzle } = (await client('drizzle-orm/node-postgres')) as unknown as {
      drizzle: (options: object) => { execute(text: string): Promise<unknown> };
    };
    const pool = await pgPool(place, password);
    const db = drizzle({ client: pool });
    return { run: () => db.execute(SLOW), end: () => pool.end() };
  },
  async 'drizzle on postgres'(place, password) {
    const { drizzle } = (await client('drizzle-orm/postgres-js')) as unknown as {
      drizzle: (options: object) => { execute(text: string): Promise<unknown> };
    };
    const sql = await postgresSql(place, password);
    const db = drizzle({ client: sql });
    return { run: async () => db.execute(SLOW), end: () => sql.end(AFTER_A_SECOND) };
  },
  async '@prisma/adapter-pg'(place, password) {
    const { PrismaPg } = (await client('@prisma/adapter-pg')) as unknown as {
      PrismaPg: new (
        pool: Pool,
        options: object,
      ) => {
        connect(): Promise<{ queryRaw(query: object): Promise<unknown>; dispose(): Promise<void> }>;
      };
    };
    const pool = await pgPool(place, password);
    const adapter = await new PrismaPg(pool, { disposeExternalPool: true }).connect();
    return {
      run: () => adapter.queryRaw({ sql: "SELECT 'ok' FROM pg_sleep(0.1)", args: [], argTypes: [] }),
      end: () => adapter.dispose(),
    };
  },
};

describeProgram('PostgreSQL', POSTGRES, () => {
  const { fixture, rds, exchanges } = useDatabaseFixture();
  let server: PostgresServer;
  let gate: Gate;
  beforeAll(async () => {
    server = await startPostgres();
    const { Client: PgClient } = (await client('pg')) as unknown as {
      Client: new (options: object) => {
        connect(): Promise<void>;
        query(text: string): Promise<void>;
        end(): Promise<void>;
      };
    };
    const admin = new PgClient({
      host: '127.0.0.1',
      port: server.port,
      user: 'postgres',
      database: 'postgres',
    });
    await admin.connect();
    await admin.query(`CREATE ROLE ${USER} LOGIN`);
    await admin.query(`CREATE DATABASE ${DATABASE} OWNER ${USER}`);
    await admin.end();
  });
  beforeEach(async () => {
    await gate?.close();
    gate = await startPostgresGate({
      emulator: fixture.emulator,
      server: { port: server.port },
      login: { cloud: 'aws', region: AWS.region },
    });
  });
  afterAll(async () => {
    await gate?.close();
    await server?.stop();
  });

  describe.each(Object.entries(CLIENTS))('%s', (_name, make) => {
    test('20 connections cost one exchange; after everything has expired it connects again with the next one', async () => {
      const db = await make(gate, rds(gate));
      await Promise.all(Array.from({ length: CONNECTIONS }, () => db.run()));
      expect(gate.logins().length).toBeGreaterThanOrEqual(CONNECTIONS);
      expect(exchanges()).toBe(1);
      fixture.emulator.clock.advance(2 * 3_600_000);
      await reconnected(gate, db);
      expect(exchanges()).toBe(2);
      expect(gate.logins().filter(({ accepted }) => !accepted)).toEqual([]);
      await db.end();
    });

    test('a failing provider reaches the caller with its code, more often than there are connections, and then it works', async () => {
      const state = { isFailing: true };
      const db = await make(gate, switched(state, rds(gate), rds(gate, 'preview')));
      for (let call = 0; call <= CONNECTIONS; call += 1)
        expect(codes(await rejection(db.run()))).toContain('access_denied');
      expect(gate.logins()).toEqual([]);
      state.isFailing = false;
      await db.run();
      await db.end();
    });

    test('sends no password to a server without TLS, or with a certificate of another authority', async () => {
      const password = vi.fn(rds(gate));
      const plain = await make({ port: server.port, ca: gate.ca }, password);
      await rejection(plain.run());
      await plain.end();
      const unknown = await make({ port: gate.port }, password);
      await rejection(unknown.run());
      await unknown.end();
      expect(gate.logins()).toEqual([]);
    });
  });

  test('pg sends an empty password where a connection string is spread over the options: the gate refuses it', async () => {
    const { Pool } = (await client('pg')) as unknown as { Pool: new (options: object) => Pool };
    const options = pgOptions({ ...common(gate), password: rds(gate), ssl: { ca: gate.ca } });
    const pool = new Pool({
      ...options,
      connectionString: `postgres://${USER}@127.0.0.1:${gate.port}/${DATABASE}`,
    });
    expect(await rejection(pool.query('SELECT 1'))).toMatchObject({ code: '28000' });
    expect(gate.logins()).toMatchObject([{ accepted: false, passwordSent: true }]);
    await pool.end();
  });
});
