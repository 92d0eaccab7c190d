/** The clients of MySQL at a real MariaDB behind the gate. */

import { mysql2Options } from '@credex/connect/mysql2';
import type { Gate } from '@credex/testing/gates';
import { startMysqlGate } from '@credex/testing/gates';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { describeProgram } from '../support/programs.js';
import { AWS } from '../support/trust.js';
import { client } from './clients.mjs';
import { MARIADB, startMariaDb } from './mariadb-server.js';
import type { MariaDbServer } from './mariadb-server.js';
import { DATABASE, USER, reconnected, rejection, switched, useDatabaseFixture } from './setup.js';
import type { Client, Password } from './setup.js';

const CONNECTIONS = 20;
const SLOW = 'SELECT SLEEP(0.1)';

interface Pool {
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
}
type Place = { readonly port: number; readonly ca?: string };

const options = ({ port, ca }: Place, password: Password) =>
  mysql2Options({
    host: '127.0.0.1',
    port,
    user: USER,
    database: DATABASE,
    password,
    ssl: { ca },
    connectionLimit: CONNECTIONS,
  });

async function pool(place: Place, password: Password): Promise<Pool> {
  const { createPool } = (await client('mysql2/promise')) as unknown as {
    createPool: (options: object) => Pool;
  };
  return createPool(options(place, password));
}

const CLIENTS: Readonly<Record<string, (place: Place, password: Password) => Promise<Client>>> = {
  async mysql2(place, password) {
    const one = await pool(place, password);
    return { run: () => one.query(SLOW), end: () => one.end() };
  },
  async 'drizzle on mysql2'(place, password) {
    const { drizzle } = (await client('drizzle-orm/mysql2')) as unknown as {
      drizzle: (options: object) => { execute(text: string): Promise<unknown> };
    };
    const one = await pool(place, password);
    const db = drizzle({ client: one });
    return { run: () => db.execute(SLOW), end: () => one.end() };
  },
  async 'kysely on mysql2'(place, password) {
    const { Kysely, MysqlDialect, sql } = (await client('kysely')) as unknown as {
      Kysely: new (options: object) => { destroy(): Promise<void> };
      MysqlDialect: new (options: object) => object;
      sql: { raw(text: string): { execute(db: object): Promise<unknown> } };
    };
    const { createPool } = (await client('mysql2')) as unknown as { createPool: (options: object) => object };
    const db = new Kysely({ dialect: new MysqlDialect({ pool: createPool(options(place, password)) }) });
    return { run: () => sql.raw(SLOW).execute(db), end: () => db.destroy() };
  },
};

describeProgram('MariaDB', MARIADB, () => {
  const { fixture, rds, exchanges } = useDatabaseFixture();
  let server: MariaDbServer;
  let gate: Gate;
  beforeAll(async () => {
    server = await startMariaDb();
  });
  beforeEach(async () => {
    await gate?.close();
    gate = await startMysqlGate({
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
      expect(gate.logins()).toHaveLength(CONNECTIONS);
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
      for (let call = 0; call <= CONNECTIONS; call += 1) {
        const error = await rejection(db.run());
        expect([error['code'], (error['cause'] as { code?: unknown } | undefined)?.code]).toContain(
          'access_denied',
        );
      }
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
      expect(password).not.toHaveBeenCalled();
    });
  });
});
