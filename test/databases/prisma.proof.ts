/** The client that `prisma generate` makes, on @prisma/adapter-pg, at a real PostgreSQL behind the gate. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pgOptions } from '@credex/connect/pg';
import type { Gate } from '@credex/testing/gates';
import { startPostgresGate } from '@credex/testing/gates';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { POSTGRES, startPostgres } from '../support/postgres-server.mjs';
import type { PostgresServer } from '../support/postgres-server.mjs';
import { describeProgram } from '../support/programs.js';
import { AWS } from '../support/trust.js';
import { client, installedClients } from './clients.mjs';
import { DATABASE, USER, codes, reconnected, rejection, switched, useDatabaseFixture } from './setup.js';
import type { Password } from './setup.js';

const SCHEMA = `
generator client {
  provider = "prisma-client"
  output   = "./generated"
}
datasource db {
  provider = "postgresql"
}
model Order {
  id   Int    @id @default(autoincrement())
  item String
}
`;

interface Orders {
  readonly order: {
    create(query: object): Promise<{ readonly id: number }>;
    findMany(query: object): Promise<readonly object[]>;
  };
  $disconnect(): Promise<void>;
}

/** The client of the schema. Nothing is downloaded: there is no engine to run, and none to read the schema. */
async function generated(folder: string): Promise<new (options: object) => Orders> {
  const modules = join(installedClients(), 'node_modules');
  symlinkSync(modules, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'schema.prisma'), SCHEMA);
  const command = [join(modules, 'prisma', 'build', 'index.js'), 'generate', '--schema', 'schema.prisma'];
  const { PATH } = process.env;
  const env = { PATH, HOME: folder, CHECKPOINT_DISABLE: '1', PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' };
  execFileSync(process.execPath, command, { cwd: folder, env, stdio: 'pipe' });
  const module = (await import(pathToFileURL(join(folder, 'generated', 'client.ts')).href)) as {
    readonly PrismaClient: new (options: object) => Orders;
  };
  return module.PrismaClient;
}

describeProgram('PostgreSQL', POSTGRES, () => {
  const { fixture, rds, exchanges } = useDatabaseFixture();
  const folder = mkdtempSync(join(tmpdir(), 'credex-prisma-'));
  let server: PostgresServer;
  let gate: Gate;
  let PrismaClient: new (options: object) => Orders;
  beforeAll(async () => {
    PrismaClient = await generated(folder);
    server = await startPostgres();
    const { Client: PgClient } = (await client('pg')) as unknown as {
      Client: new (options: object) => {
        connect(): Promise<void>;
        query(text: string): Promise<void>;
        end(): Promise<void>;
      };
    };
    const common = { host: '127.0.0.1', port: server.port, user: 'postgres' };
    const run = async (database: string, ...texts: readonly string[]): Promise<void> => {
      const admin = new PgClient({ ...common, database });
      await admin.connect();
      for (const text of texts) await admin.query(text);
      await admin.end();
    };
    await run('postgres', `CREATE ROLE ${USER} LOGIN`, `CREATE DATABASE ${DATABASE} OWNER ${USER}`);
    const table = 'CREATE TABLE "Order" (id SERIAL PRIMARY KEY, item TEXT NOT NULL)';
    await run(DATABASE, table, `ALTER TABLE "Order" OWNER TO ${USER}`);
    gate = await startPostgresGate({
      emulator: fixture.emulator,
      server: { port: server.port },
      login: { cloud: 'aws', region: AWS.region },
    });
  });
  afterAll(async () => {
    await gate?.close();
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  async function opened(password: Password): Promise<Orders> {
    const { PrismaPg } = (await client('@prisma/adapter-pg')) as unknown as {
      PrismaPg: new (options: object) => object;
    };
    const place = { host: '127.0.0.1', port: gate.port, user: USER, database: DATABASE };
    const adapter = new PrismaPg(pgOptions({ ...place, password, ssl: { ca: gate.ca } }));
    return new PrismaClient({ adapter });
  }

  test('a query of the generated client runs, and again after everything has expired', async () => {
    const prisma = await opened(rds(gate));
    const { id } = await prisma.order.create({ data: { item: 'pears' } });
    const query = { where: { id }, select: { item: true } };
    expect(await prisma.order.findMany(query)).toEqual([{ item: 'pears' }]);
    expect(exchanges()).toBe(1);
    fixture.emulator.clock.advance(2 * 3_600_000);
    const run = () => prisma.order.findMany(query);
    await reconnected(gate, { run, end: () => prisma.$disconnect() });
    expect(exchanges()).toBe(2);
    await prisma.$disconnect();
  });

  test('a failing provider reaches the caller with its code, and then the client works', async () => {
    const state = { isFailing: true };
    const prisma = await opened(switched(state, rds(gate), rds(gate, 'preview')));
    const error = await rejection(prisma.order.findMany({}));
    expect(codes(error)).toContain('access_denied');
    state.isFailing = false;
    expect(await prisma.order.findMany({ where: { id: -1 } })).toEqual([]);
    await prisma.$disconnect();
  });
});
