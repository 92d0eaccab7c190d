/** node-redis and ioredis at a real Redis behind the gate. */

import { once } from 'node:events';
import { ioredisOptions, nodeRedisOptions } from '@credex/connect/redis';
import type { Gate } from '@credex/testing/gates';
import { startRedisGate } from '@credex/testing/gates';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { REDIS, eventually, startRedis } from '../stores/redis-server.mjs';
import type { RedisServer } from '../stores/redis-server.mjs';
import { describeProgram } from '../support/programs.js';
import { AWS } from '../support/trust.js';
import { client } from './clients.mjs';
import { CACHE, USER, reconnected, rejection, switched, useDatabaseFixture } from './setup.js';
import type { Client, Password } from './setup.js';

const CONNECTIONS = 20;

interface NodeRedis {
  connect(): Promise<unknown>;
  get(key: string): Promise<unknown>;
  sendCommand(words: string[]): Promise<unknown>;
  duplicate(): NodeRedis;
  on(event: string, listener: (error: Error) => void): NodeRedis;
  destroy(): void;
}
interface IoRedis {
  get(key: string): Promise<unknown>;
  call(...words: string[]): Promise<unknown>;
  duplicate(): IoRedis;
  on(event: string, listener: (error: Error) => void): IoRedis;
  disconnect(): void;
}
type Place = { readonly port: number; readonly ca?: string };
interface RedisClient extends Client {
  readonly errors: unknown[];
  send(...words: string[]): Promise<unknown>;
  duplicate(): Promise<RedisClient>;
}

function nodeRedisClient(one: NodeRedis): Promise<RedisClient> {
  const errors: unknown[] = [];
  one.on('error', (error) => void errors.push(error));
  // With a provider that fails, it goes on connecting.
  void one.connect().catch((error: unknown) => void errors.push(error));
  return Promise.resolve({
    errors,
    run: () => one.get('key'),
    send: (...words) => one.sendCommand(words),
    duplicate: () => nodeRedisClient(one.duplicate()),
    end: async () => one.destroy(),
  });
}

function ioredisClient(one: IoRedis): Promise<RedisClient> {
  const errors: unknown[] = [];
  one.on('error', (error) => void errors.push(error));
  return Promise.resolve({
    errors,
    run: () => one.get('key'),
    send: (...words) => one.call(...words),
    duplicate: () => ioredisClient(one.duplicate()),
    end: async () => one.disconnect(),
  });
}

const nodeRedis =
  (name: string) =>
  async ({ port, ca }: Place, password: Password): Promise<RedisClient> => {
    const { createClient } = (await client(name)) as unknown as {
      createClient: (options: object) => NodeRedis;
    };
    const socket = { host: '127.0.0.1', port, tls: true, ca };
    return nodeRedisClient(createClient(nodeRedisOptions({ username: USER, password, socket })));
  };
const ioredis =
  (name: string) =>
  async ({ port, ca }: Place, password: Password): Promise<RedisClient> => {
    const { Redis } = (await client(name)) as unknown as { Redis: new (options: object) => IoRedis };
    const options = { host: '127.0.0.1', port, tls: { ca }, username: USER, password };
    return ioredisClient(new Redis(ioredisOptions(options)));
  };

const CLIENTS: Readonly<Record<string, (place: Place, password: Password) => Promise<RedisClient>>> = {
  'redis 6': nodeRedis('redis'),
  'redis 5': nodeRedis('redis-5'),
  'ioredis 6': ioredis('ioredis'),
  'ioredis 5': ioredis('ioredis-5'),
};

describeProgram('Redis', REDIS, () => {
  const { fixture, elastiCache, exchanges } = useDatabaseFixture();
  let server: RedisServer;
  let gate: Gate;
  const login = { cloud: 'aws', region: AWS.region, cacheName: CACHE } as const;
  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(async () => {
    await gate?.close();
    gate = await startRedisGate({ emulator: fixture.emulator, server: { port: server.port }, login });
  });
  afterAll(async () => {
    await gate?.close();
    await server?.kill();
  });

  describe.each(Object.entries(CLIENTS))('%s', (_name, make) => {
    test('20 connections cost one exchange; after everything has expired they connect again with the next one', async () => {
      const password = elastiCache();
      const all = await Promise.all(Array.from({ length: CONNECTIONS }, () => make(gate, password)));
      await Promise.all(all.map((one) => one.run()));
      expect(gate.logins()).toHaveLength(CONNECTIONS);
      expect(exchanges()).toBe(1);
      fixture.emulator.clock.advance(2 * 3_600_000);
      await reconnected(gate, all[0] as Client);
      await eventually(() => gate.logins().length === 2 * CONNECTIONS);
      expect(exchanges()).toBe(2);
      expect(gate.logins().filter(({ accepted }) => !accepted)).toEqual([]);
      await Promise.all(all.map((one) => one.end()));
    });

    test('a failing provider is an error event with its code, at the first connection and at a later one; then it works', async () => {
      const state = { isFailing: true };
      const one = await make(gate, switched(state, elastiCache(), elastiCache('preview')));
      const isDenied = (error: unknown) => (error as { code?: unknown }).code === 'access_denied';
      await eventually(() => one.errors.some(isDenied));
      expect(gate.logins()).toEqual([]);
      state.isFailing = false;
      await one.run();
      one.errors.splice(0);
      state.isFailing = true;
      gate.dropConnections();
      await eventually(() => one.errors.some(isDenied));
      state.isFailing = false;
      await eventually(() =>
        one.run().then(
          () => true,
          () => false,
        ),
      );
      expect(gate.logins()).toHaveLength(2);
      await one.end();
    });

    test('duplicate() logs in with a password for its own connection', async () => {
      const one = await make(gate, elastiCache());
      await one.run();
      const other = await one.duplicate();
      await other.run();
      expect(gate.logins()).toHaveLength(2);
      await Promise.all([one.end(), other.end()]);
    });

    test('logs in again on a connection that is open; the gate refuses it inside MULTI', async () => {
      const password = elastiCache();
      const one = await make(gate, password);
      await one.run();
      expect(await one.send('AUTH', USER, await password())).toBe('OK');
      await expect(one.send('AUTH', USER, 'wrong')).rejects.toThrow(/WRONGPASS/);
      await one.send('MULTI');
      await expect(one.send('AUTH', USER, await password())).rejects.toThrow(/NOT-ALLOWED-INSIDE-MULTI/);
      await one.end();
    });

    test('sends no password to a server without TLS, or with a certificate of another authority', async () => {
      const plain = await make({ port: server.port, ca: gate.ca }, elastiCache());
      await eventually(() => plain.errors.length > 0);
      await plain.end();
      const unknown = await make({ port: gate.port }, elastiCache());
      await eventually(() => unknown.errors.length > 0);
      await unknown.end();
      expect(gate.logins()).toEqual([]);
    });
  });

  test('node-redis logs in again at the interval', async () => {
    const { createClient } = (await client('redis')) as unknown as {
      createClient: (options: object) => NodeRedis;
    };
    const timers: (() => void)[] = [];
    const options = nodeRedisOptions({
      username: USER,
      password: elastiCache(),
      socket: { host: '127.0.0.1', port: gate.port, tls: true, ca: gate.ca },
      reauthenticateMs: 36_000_000,
      clock: { ...fixture.clock, setTimeout: (run) => (timers.push(run), () => undefined) },
    });
    const one = createClient(options).on('error', () => undefined);
    await one.connect();
    timers.shift()?.();
    await eventually(() => gate.logins().length === 2);
    expect(gate.logins().every(({ accepted }) => accepted)).toBe(true);
    await one.get('key');
    one.destroy();
  });

  test('node-redis: connect() rejects with the error of the provider, if it does not try again', async () => {
    const { createClient } = (await client('redis')) as unknown as {
      createClient: (options: object) => NodeRedis;
    };
    const socket = { host: '127.0.0.1', port: gate.port, tls: true, ca: gate.ca, reconnectStrategy: false };
    const one = createClient(nodeRedisOptions({ username: USER, password: elastiCache('preview'), socket }));
    one.on('error', () => undefined);
    expect(await rejection(one.connect())).toMatchObject({ code: 'access_denied' });
  });

  test.each(['ioredis', 'ioredis-5'])(
    '%s: a cluster logs in at each node, and for its subscriptions',
    async (name) => {
      interface Cluster {
        get(key: string): Promise<unknown>;
        subscribe(channel: string): Promise<unknown>;
        publish(channel: string, text: string): Promise<unknown>;
        on(event: string, listener: (...args: unknown[]) => void): Cluster;
        disconnect(): void;
      }
      const { Cluster } = (await client(name)) as unknown as {
        Cluster: new (nodes: object[], options: object) => Cluster;
      };
      const node = await startRedis('--cluster-enabled', 'yes');
      const own = await startRedisGate({ emulator: fixture.emulator, server: { port: node.port }, login });
      node.cli('config', 'set', 'cluster-announce-port', String(own.port));
      node.cli('config', 'set', 'cluster-announce-ip', '127.0.0.1');
      node.cli('cluster', 'addslotsrange', '0', '16383');
      await eventually(() => node.cli('cluster', 'info').includes('cluster_state:ok'));
      const redisOptions = ioredisOptions({ tls: { ca: own.ca }, username: USER, password: elastiCache() });
      const cluster = new Cluster([{ host: '127.0.0.1', port: own.port }], { redisOptions });
      cluster.on('error', () => undefined);
      await cluster.get('key');
      const received = once(cluster as never, 'message');
      await cluster.subscribe('news');
      await cluster.publish('news', 'hello');
      expect(await received).toEqual(['news', 'hello']);
      expect(own.logins().filter(({ accepted }) => !accepted)).toEqual([]);
      cluster.disconnect();
      await own.close();
      await node.kill();
    },
  );
});
