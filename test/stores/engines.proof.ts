/** Real engines and real clients keep the rules of a store. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import { cloudflareKvStore } from '@credex/store/cloudflare-kv';
import type { RedisClient } from '@credex/store/redis';
import { redisStore } from '@credex/store/redis';
import type { GetRuntimeCache } from '@credex/store/runtime-cache';
import { runtimeCacheStore } from '@credex/store/runtime-cache';
import { storeConformance } from '@credex/testing/conformance';
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { describeProgram } from '../support/programs.js';
import { client } from './clients.mjs';
import type { DynamoDb } from './dynamodb-store.js';
import { dynamoDbStore } from './dynamodb-store.js';
import { POSTGRES, startPostgres } from '../support/postgres-server.mjs';
import type { PostgresServer } from '../support/postgres-server.mjs';
import type { Queries } from './postgres-store.js';
import { TABLE, postgresStore } from './postgres-store.js';
import { REDIS, startCluster, startRedis } from './redis-server.mjs';
import type { RedisServer } from './redis-server.mjs';
import { startUpstash } from './upstash-shim.js';

const runner = { describe, it };
const options = { signal: new AbortController().signal };

type IoRedis = RedisClient & {
  call(...command: string[]): Promise<string | number | null>;
  disconnect(): void;
  on(event: string, listener: () => void): void;
};
type IoRedisModule = {
  Redis: (new (url: string, options?: object) => IoRedis) & { Cluster: new (nodes: object[]) => IoRedis };
};
type NodeRedis = RedisClient & {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: string, listener: () => void): void;
};
type NodeRedisModule = {
  createClient(options: object): NodeRedis;
  createCluster(options: object): NodeRedis;
};

const quiet = <C extends { on(event: string, listener: () => void): void }>(one: C): C => {
  one.on('error', () => undefined);
  return one;
};

async function ioRedis(name: string, url: string): Promise<IoRedis> {
  const { Redis } = (await client(name)) as unknown as IoRedisModule;
  const one = quiet(new Redis(url));
  await one.call('PING');
  return one;
}

async function nodeRedis(name: string, url: string): Promise<NodeRedis> {
  const one = quiet(((await client(name)) as unknown as NodeRedisModule).createClient({ url }));
  await one.connect();
  return one;
}

describeProgram('Redis', REDIS, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.kill());

  for (const name of ['ioredis', 'ioredis-5', 'iovalkey'])
    storeConformance(
      runner,
      async () => {
        const one = await ioRedis(name, server.url);
        return {
          store: redisStore(one),
          breakDown: () => one.disconnect(),
          close: () => one.disconnect(),
        };
      },
      { name },
    );

  for (const name of ['redis', 'redis-5'])
    storeConformance(
      runner,
      async () => {
        const one = await nodeRedis(name, server.url);
        let isOpen = true;
        const close = (): void => {
          if (isOpen) one.destroy();
          isOpen = false;
        };
        return { store: redisStore(one), breakDown: close, close };
      },
      { name: `node-redis (${name})` },
    );

  storeConformance(
    runner,
    async () => {
      const behind = await ioRedis('ioredis', server.url);
      const shim = await startUpstash((command) => behind.call(...command));
      const { Redis } = (await client('@upstash/redis')) as unknown as {
        Redis: new (settings: object) => RedisClient;
      };
      const one = new Redis({ url: shim.url, token: shim.token, retry: false, enableTelemetry: false });
      return {
        store: redisStore(one),
        breakDown: () => shim.refuse(),
        async close() {
          behind.disconnect();
          await shim.close();
        },
      };
    },
    { name: '@upstash/redis, over a REST shim' },
  );

  it('a client that is not connected yet reads, and sends nothing that changes the store later', async () => {
    const { Redis } = (await client('ioredis')) as unknown as IoRedisModule;
    const one = quiet(new Redis(server.url));
    const store = redisStore(one);
    const reading = store.get('credex:1:connecting', options);
    await expect(store.set('credex:1:connecting', 'r', 60_000, options)).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
    });
    expect(await reading).toBeUndefined();
    expect(await store.get('credex:1:connecting', options)).toBeUndefined();
    one.disconnect();
  });

  it('the server’s refusals are known by their code alone', async () => {
    const one = await ioRedis('ioredis', server.url);
    const store = redisStore(one);
    server.cli('config', 'set', 'maxmemory', '1');
    await expect(store.set('credex:1:full', 'crx1.secret', 60_000, options)).rejects.toMatchObject({
      name: 'StoreEngineError',
      code: 'OOM',
      message: "The store's operation set failed (OOM).",
    });
    server.cli('config', 'set', 'maxmemory', '0');
    one.disconnect();
  });
});

describeProgram('Redis', REDIS, () => {
  let nodes: readonly RedisServer[];
  beforeAll(async () => {
    nodes = await startCluster();
  });
  afterAll(() => Promise.all(nodes.map((node) => node.kill())));

  storeConformance(
    runner,
    async () => {
      const { Redis } = (await client('ioredis')) as unknown as IoRedisModule;
      const one = quiet(new Redis.Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port }))));
      await redisStore(one).get('credex:1:first', options);
      return { store: redisStore(one), close: () => one.disconnect() };
    },
    { name: 'a cluster by ioredis' },
  );

  storeConformance(
    runner,
    async () => {
      const { createCluster } = (await client('redis')) as unknown as NodeRedisModule;
      const rootNodes = nodes.map(({ url }) => ({ url }));
      const one = quiet(createCluster({ rootNodes }));
      await one.connect();
      return { store: redisStore(one), close: () => one.destroy() };
    },
    { name: 'a cluster by node-redis' },
  );
});

describe('Cloudflare KV in Miniflare', () => {
  let miniflare: { getKVNamespace(name: string): Promise<unknown>; dispose(): Promise<void> };
  beforeAll(async () => {
    const { Miniflare } = (await client('miniflare')) as unknown as {
      Miniflare: new (settings: object) => typeof miniflare;
    };
    const script = 'export default { fetch: () => new Response() }';
    miniflare = new Miniflare({ modules: true, script, kvNamespaces: ['RECORDS'] });
  });
  afterAll(() => miniflare.dispose());

  storeConformance(
    runner,
    async () => ({ store: cloudflareKvStore((await miniflare.getKVNamespace('RECORDS')) as never) }),
    { name: 'cloudflareKvStore', isApproximate: true },
  );
});

describe("Vercel's Runtime Cache, in memory outside of Vercel", () => {
  beforeAll(() => void vi.spyOn(console, 'warn').mockReturnValue());
  afterAll(() => vi.restoreAllMocks());
  storeConformance(
    runner,
    async () => {
      const { getCache } = (await client('@vercel/functions')) as unknown as { getCache: GetRuntimeCache };
      return { store: runtimeCacheStore(getCache) };
    },
    { name: 'runtimeCacheStore', isApproximate: true },
  );

  test('its default shortens names to 32 bits, the adapter does not', async () => {
    const { getCache } = (await client('@vercel/functions')) as unknown as { getCache: GetRuntimeCache };
    const hash = (text: string): number => {
      let found = 5_381;
      for (let at = 0; at < text.length; at++) found = (found * 33) ^ text.charCodeAt(at);
      return found >>> 0;
    };
    const seen = new Map<number, string>();
    let pair: readonly [string, string] | undefined;
    for (let n = 0; pair === undefined; n++) {
      const name = `credex:1:role-${n}`;
      const other = seen.get(hash(name));
      if (other !== undefined) pair = [other, name];
      seen.set(hash(name), name);
    }
    const [one, other] = pair;
    await getCache().set(one, 'of one');
    expect(await getCache().get(other)).toBe('of one');
    const store = runtimeCacheStore(getCache);
    await store.set(one, 'of one', 60_000, options);
    expect(await store.get(other, options)).toBeUndefined();
  });
});

describeProgram('PostgreSQL', POSTGRES, () => {
  let server: PostgresServer;
  let pool: Queries & { end(): Promise<void>; on(event: string, listener: () => void): void };
  beforeAll(async () => {
    server = await startPostgres();
    const { Pool } = (await client('pg')) as unknown as { Pool: new (settings: object) => typeof pool };
    pool = quiet(new Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' }));
    await pool.query(TABLE);
  });
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });

  storeConformance(
    runner,
    () => ({
      store: postgresStore(pool),
      async advance(ms) {
        await pool.query("UPDATE credex_records SET ends_at = ends_at - $1 * interval '1 millisecond'", [ms]);
      },
    }),
    { name: 'postgresStore' },
  );
});

describe('DynamoDB, by dynalite', () => {
  let server: Server;
  let database: DynamoDb;
  beforeAll(async () => {
    const { default: dynalite } = (await client('dynalite')) as unknown as {
      default: (settings: object) => Server;
    };
    server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const sdk = (await client('@aws-sdk/client-dynamodb')) as unknown as Omit<DynamoDb, 'client'> & {
      DynamoDBClient: new (settings: object) => DynamoDb['client'];
      CreateTableCommand: new (input: object) => object;
    };
    const dynamo = new sdk.DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    database = { ...sdk, client: dynamo };
    await dynamo.send(
      new sdk.CreateTableCommand({
        TableName: 'records',
        KeySchema: [{ AttributeName: 'name', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'name', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }) as never,
    );
  });
  afterAll(() => void server.close());

  storeConformance(
    runner,
    () => {
      let ahead = 0;
      return {
        store: dynamoDbStore(database, 'records', () => Date.now() + ahead),
        advance: (ms) => void (ahead += ms),
      };
    },
    { name: 'dynamoDbStore' },
  );
});
