/** The examples of @credex/store's README with clients: they compile against the clients' own types, and run. */

import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { CredentialStore } from '@credex/store';
import { createStoreKey } from '@credex/store';
import { storeConformance } from '@credex/testing/conformance';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { packageNames, root } from '../../scripts/workspace.mjs';
import { describeProgram } from '../support/programs.js';
import { client, installedClients } from './clients.mjs';
import { POSTGRES, startPostgres } from '../support/postgres-server.mjs';
import type { PostgresServer } from '../support/postgres-server.mjs';
import { REDIS, startRedis } from './redis-server.mjs';
import { startUpstash } from './upstash-shim.js';

const README = readFileSync(join(root, 'packages', 'store', 'README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/^```typescript\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const key = createStoreKey('production');

/** The file of the example that has this in it. */
function fileOf(sign: string): string {
  const at = BLOCKS.findIndex((text) => text.includes(sign));
  if (at < 0) throw new Error(`The README has no example with ${sign}.`);
  return `block-${at}`;
}

/** Each client's own class where the adapter's type is expected, and the stores of this folder. */
const CLIENTS = `
import { redisStore } from '@credex/store/redis';
import { cloudflareKvStore } from '@credex/store/cloudflare-kv';
import { runtimeCacheStore } from '@credex/store/runtime-cache';
import type { KVNamespace } from '@cloudflare/workers-types';
import { getCache } from '@vercel/functions';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { Redis as Valkey } from 'iovalkey';
import { createClient, createCluster } from 'redis';
import { createClient as createClient5, createCluster as createCluster5 } from 'redis-5';
import { Redis as Upstash } from '@upstash/redis';

export const stores = (namespace: KVNamespace) => [
  cloudflareKvStore(namespace),
  runtimeCacheStore(getCache),
  redisStore(new Redis()),
  redisStore(new Cluster([])),
  redisStore(new Redis5()),
  redisStore(new Valkey()),
  redisStore(createClient()),
  redisStore(createCluster({ rootNodes: [] })),
  redisStore(createClient5()),
  redisStore(createCluster5({ rootNodes: [] })),
  redisStore(new Upstash({ url: 'https://x', token: 'x' })),
];
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'credex-store-readme-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@credex'), { recursive: true });
  const clients = join(installedClients(), 'node_modules');
  for (const name of readdirSync(clients))
    if (!name.startsWith('.')) symlinkSync(join(clients, name), join(modules, name));
  for (const name of packageNames())
    if (name !== 'credex') symlinkSync(join(root, 'packages', name), join(modules, '@credex', name));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [at, text] of BLOCKS.entries()) writeFileSync(join(folder, `block-${at}.ts`), text);
  writeFileSync(join(folder, 'clients.ts'), CLIENTS);
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023', 'dom'],
    types: ['node'],
    skipLibCheck: true,
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
let said = '';
afterAll(() => rmSync(folder, { recursive: true }));

/** What the compiler made of an example. */
const example = async (sign: string): Promise<Record<string, (...args: unknown[]) => CredentialStore>> =>
  (await import(/* @vite-ignore */ pathToFileURL(join(folder, `${fileOf(sign)}.js`)).href)) as never;

test('they compile, and each client is one that the adapters take', () => {
  expect(BLOCKS).toHaveLength(6);
  expect(said).toBe('');
});

/** Runs an example in a process: its store keeps a record, or its provider starts. */
async function runBlock(sign: string, env: Readonly<Record<string, string>>): Promise<string> {
  const code = `const block = await import('./${fileOf(sign)}.js');
    if (block.credentials !== undefined) console.log(block.credentials.status().state);
    else {
      const { engine } = block.store;
      const { signal } = new AbortController();
      await engine.set('credex:1:readme', 'crx1.a', 60_000, { signal });
      console.log((await engine.get('credex:1:readme', { signal })).record);
    }
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      CREDEX_STORE_KEY: key,
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/shop',
      ...env,
    },
  });
  return stdout.trim();
}

describeProgram('Redis', REDIS, () => {
  test('the example with ioredis runs', async () => {
    const server = await startRedis();
    expect(await runBlock('new Redis(process.env.REDIS_URL', { REDIS_URL: server.url })).toBe('empty');
    await server.kill();
  });

  test('the example with Upstash keeps a record, over a REST shim', async () => {
    const server = await startRedis();
    const shim = await startUpstash(async ([name = '', ...words]) => server.cli(name, ...words).trim());
    const env = { UPSTASH_REDIS_REST_URL: shim.url, UPSTASH_REDIS_REST_TOKEN: shim.token };
    expect(await runBlock('Redis.fromEnv()', env)).toBe('crx1.a');
    await shim.close();
    await server.kill();
  });
});

test('the example with the Runtime Cache keeps a record, in memory', async () => {
  expect(await runBlock('runtimeCacheStore(getCache)', {})).toBe('crx1.a');
});

/** A Worker with the example in it: it writes and reads a record, encrypted, by the binding of the request. */
const WORKER = `
import { storeOf } from './BLOCK.js';

export default {
  async fetch(_request, env) {
    const store = storeOf(env);
    const options = { signal: new AbortController().signal };
    const derived = {};
    const name = await store.recordName(derived, 'aws', 'key');
    const endsAt = Date.now() + 3_600_000;
    const record = { key: 'key', provider: 'aws', issuedAt: Date.now(), lifetimeMs: 3_600_000, credential: { a: 1 } };
    await store.engine.set(name, await store.encrypt(derived, name, record, endsAt), 3_600_000, options);
    const found = await store.engine.get(name, options);
    return Response.json((await store.decrypt(derived, name, found.record)).record.credential);
  },
};`;

test('the example with Cloudflare KV keeps a record, in workerd', async () => {
  writeFileSync(join(folder, 'worker.mjs'), WORKER.replace('BLOCK', fileOf('cloudflareKvStore')));
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'worker.mjs')],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd'],
    external: ['node:*'],
  });
  const { Miniflare } = (await client('miniflare')) as unknown as {
    Miniflare: new (settings: object) => {
      dispatchFetch(url: string): Promise<Response>;
      dispose(): Promise<void>;
    };
  };
  const miniflare = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text,
    kvNamespaces: ['CREDENTIALS'],
    bindings: { CREDEX_STORE_KEY: key },
    compatibilityDate: '2025-01-01',
  });
  const response = await miniflare.dispatchFetch('http://localhost/');
  expect(await response.json()).toEqual({ a: 1 });
  await miniflare.dispose();
});

const runner = { describe, it };

describeProgram('PostgreSQL', POSTGRES, () => {
  let server: PostgresServer;
  let pool: {
    query(text: string, values?: unknown[]): Promise<unknown>;
    end(): Promise<void>;
    on(event: string, listener: () => void): void;
  };
  beforeAll(async () => {
    server = await startPostgres();
    const { Pool } = (await client('pg')) as unknown as { Pool: new (settings: object) => typeof pool };
    pool = new Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' });
    pool.on('error', () => undefined);
    const { TABLE } = (await example("from 'pg'")) as unknown as { TABLE: string };
    await pool.query(TABLE);
  });
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });

  storeConformance(
    runner,
    async () => ({
      store: (await example("from 'pg'"))['postgresStore']?.(pool) as CredentialStore,
      async advance(ms) {
        await pool.query("UPDATE credex_records SET ends_at = ends_at - $1 * interval '1 millisecond'", [ms]);
      },
    }),
    { name: 'the example with PostgreSQL' },
  );
});

describe('DynamoDB, by dynalite', () => {
  let server: Server;
  let dynamo: { send(command: object): Promise<unknown> };
  beforeAll(async () => {
    const { default: dynalite } = (await client('dynalite')) as unknown as {
      default: (settings: object) => Server;
    };
    server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { DynamoDBClient, CreateTableCommand } = (await client('@aws-sdk/client-dynamodb')) as unknown as {
      DynamoDBClient: new (settings: object) => typeof dynamo;
      CreateTableCommand: new (input: object) => object;
    };
    dynamo = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    await dynamo.send(
      new CreateTableCommand({
        TableName: 'records',
        KeySchema: [{ AttributeName: 'name', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'name', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  });
  afterAll(() => void server.close());

  storeConformance(
    runner,
    async () => ({
      store: (await example('DynamoDBClient'))['dynamoDbStore']?.(dynamo, 'records') as CredentialStore,
      advance(ms) {
        const now = Date.now();
        vi.spyOn(Date, 'now').mockReturnValue(now + ms);
      },
      close: () => void vi.restoreAllMocks(),
    }),
    { name: 'the example with DynamoDB' },
  );
});
