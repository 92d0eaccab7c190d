/** The examples of the READMEs with clients, and each client's own types: all of it compiles without a cast. */

import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuilt, packageNames, root } from '../../scripts/workspace.mjs';
import { installedClients } from './clients.mjs';

const blocksOf = (name: string): string[] =>
  [
    ...readFileSync(join(root, 'packages', name, 'README.md'), 'utf8').matchAll(
      /^```typescript\n([\s\S]*?)^```$/gm,
    ),
  ].map(([, text = '']) => text);
const BLOCKS = [...blocksOf('connect'), ...blocksOf('testing')];

/** What the READMEs do not show. */
const CLIENTS = `
import type { PasswordFunction } from '@credex/core';
import { azureRedisPassword } from '@credex/azure/databases';
import { cloudSqlPassword } from '@credex/gcp/cloud-sql';
import { platformaticKafkaOptions } from '@credex/connect/kafka';
import { mongodbOptions } from '@credex/connect/mongodb';
import { mssqlOptions } from '@credex/connect/mssql';
import { mysql2Options } from '@credex/connect/mysql2';
import { pgOptions } from '@credex/connect/pg';
import { postgresOptions } from '@credex/connect/postgres';
import { ioredisOptions, nodeRedisOptions } from '@credex/connect/redis';
import { PrismaPg } from '@prisma/adapter-pg';
import { Producer } from '@platformatic/kafka';
import { drizzle } from 'drizzle-orm/node-postgres';
import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2';
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { Kysely, PostgresDialect } from 'kysely';
import { MongoClient } from 'mongodb';
import { ConnectionPool } from 'mssql';
import { createConnection, createPool } from 'mysql2';
import { createPool as createPromisePool } from 'mysql2/promise';
import { Client, Pool } from 'pg';
import postgres from 'postgres';
import { createClient, createCluster } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { Connection } from 'tedious';

export function all(password: PasswordFunction, ca: string) {
  const place = { host: 'h', user: 'u', database: 'd', password };
  const options = pgOptions({ ...place, ssl: { ca }, max: 3 });
  const pool = new Pool(options);
  const azure = azureRedisPassword();
  const redis = nodeRedisOptions({ username: azure.username, password: azure, url: 'rediss://h' });
  const io = ioredisOptions({ host: 'h', username: azure.username, password: azure, tls: {} });
  const sql = postgres(postgresOptions({ ...place, ssl: true }));
  const mysql = mysql2Options({ ...place, ssl: { ca } });
  const credential = { getToken: async () => ({ token: '', expiresOnTimestamp: 0 }) };
  return [
    new Client(pgOptions({ ...place, ssl: true, password: cloudSqlPassword() })),
    new Kysely<object>({ dialect: new PostgresDialect({ pool }) }),
    drizzle({ client: pool }),
    new PrismaPg(options),
    new PrismaPg(pool),
    drizzlePostgres({ client: sql }),
    createConnection(mysql),
    createPool(mysql),
    drizzleMysql({ client: createPromisePool(mysql) }),
    createClient(redis),
    createClient5(redis),
    createCluster({ rootNodes: [{ url: 'rediss://h' }], defaults: nodeRedisOptions({ password, socket: { tls: true } }) }),
    new Redis(io),
    new Redis5(io),
    new Cluster([{ host: 'h', port: 6379 }], { redisOptions: ioredisOptions({ password, tls: {} }) }),
    new MongoClient('mongodb://h', mongodbOptions({ token: async () => '' })),
    new Producer(platformaticKafkaOptions({ clientId: 'c', bootstrapBrokers: ['h:1'], tls: {}, token: password })),
    new Connection(mssqlOptions({ server: 'h', credential, options: { database: 'd' } })),
    new ConnectionPool(mssqlOptions({ server: 'h', credential })),
  ];
}
`;

let folder: string;
let said = '';
beforeAll(async () => {
  await ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), 'credex-connect-readme-'));
  const modules = join(folder, 'node_modules');
  const clients = join(installedClients(), 'node_modules');
  for (const scope of ['', ...readdirSync(clients).filter((name) => name.startsWith('@'))]) {
    mkdirSync(join(modules, scope), { recursive: true });
    for (const name of readdirSync(join(clients, scope)))
      if (!/^[.@]/.test(name)) symlinkSync(join(clients, scope, name), join(modules, scope, name));
  }
  mkdirSync(join(modules, '@credex'));
  for (const name of packageNames())
    if (name !== 'credex') symlinkSync(join(root, 'packages', name), join(modules, '@credex', name));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [at, text] of BLOCKS.entries()) writeFileSync(join(folder, `block-${at}.ts`), text);
  writeFileSync(join(folder, 'clients.ts'), CLIENTS);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: false,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023', 'dom'],
    types: ['node'],
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const require = createRequire(join(root, 'package.json'));
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
  } catch (error) {
    said = (error as { readonly stdout: string }).stdout;
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test('they compile, and each client takes the options', () => {
  expect(BLOCKS).toHaveLength(8);
  expect(said).toBe('');
});
