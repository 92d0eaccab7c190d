/** Redis, Valkey and Upstash as a store, by the client that you have. */

import type { CredentialStore } from '@credex/core';
import { invalidOption } from '@credex/core/internal';
import { StoreEngineError, engineCall } from './engine-error.js';

/** A command of a client. The clients' own declarations are too different for one type of arguments. */
export type RedisCommand = (...args: never[]) => Promise<unknown>;

interface CommonClient {
  readonly get: RedisCommand;
  readonly set: RedisCommand;
  readonly del: RedisCommand;
  readonly eval: RedisCommand;
}

/** ioredis 5 and 6 and iovalkey: `Redis` and `Cluster`. */
export interface IoRedisClient extends CommonClient {
  readonly status: string;
  readonly pttl: RedisCommand;
}

/** `redis` 5 and 6 (node-redis): the clients of `createClient` and `createCluster`. Connect it yourself. */
export interface NodeRedisClient extends CommonClient {
  readonly isOpen: boolean;
  readonly isReady?: boolean | undefined;
  readonly pTTL: RedisCommand;
}

/** `@upstash/redis`: `Redis`. */
export interface UpstashRedisClient extends CommonClient {
  readonly pttl: RedisCommand;
}

export type RedisClient = IoRedisClient | NodeRedisClient | UpstashRedisClient;

/** The few commands that a store needs, as each client calls them. */
interface Commands {
  isReady(): boolean;
  get(name: string): Promise<unknown>;
  pttl(name: string): Promise<unknown>;
  set(name: string, value: string, ttlMs: number, onlyIfAbsent: boolean): Promise<unknown>;
  del(name: string): Promise<unknown>;
  eval(script: string, name: string, values: readonly string[]): Promise<unknown>;
}

// Redis has these as commands only since 8.4, Valkey since 9.
const DELETE_IF_EQUAL =
  "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) end return 0";
const REPLACE_IF_EQUAL =
  "if redis.call('get',KEYS[1])==ARGV[1] then redis.call('set',KEYS[1],ARGV[2],'PX',ARGV[3]) return 1 end return 0";

/**
 * A store over a Redis, Valkey or Upstash client that you made: ioredis 5 and 6, iovalkey, `redis` 5 and 6 (node-redis) and
 * `@upstash/redis`, clusters included. No client is imported. Records are read while the client connects; everything that
 * changes the store fails unless the client is ready, since a queued command would be executed at any later time.
 *
 * @throws OptionError if `client` is none of these
 *
 * @example
 * import { Redis } from 'ioredis';
 *
 * const store = encryptedStore(redisStore(new Redis(process.env.REDIS_URL)), { key: process.env.CREDEX_STORE_KEY });
 */
export function redisStore(client: RedisClient): CredentialStore {
  const commands = commandsOf(client);
  const write = <T>(operation: string, call: () => Promise<T>): Promise<T> => {
    if (!commands.isReady()) return Promise.reject(new StoreEngineError(operation, 'NOT_CONNECTED'));
    return engineCall(operation, call);
  };
  return {
    get: (name) =>
      engineCall('get', async () => {
        // In one tick, so that they travel together.
        const [record, ttlMs] = await Promise.all([
          commands.get(name),
          // A client that throws at once must not leave the other promise unhandled.
          (async () => commands.pttl(name))(),
        ]);
        if (record === null || record === undefined || ttlMs === -2) return undefined;
        const isTimed = typeof ttlMs === 'number' && ttlMs >= 0;
        return { record: textOf(record), ...(isTimed ? { ttlMs } : {}) };
      }),
    set: (name, record, ttlMs) =>
      write('set', async () => void (await commands.set(name, record, Math.floor(ttlMs), false))),
    delete: (name, ifRecord) =>
      write('delete', async () => {
        await (ifRecord === undefined
          ? commands.del(name)
          : commands.eval(DELETE_IF_EQUAL, name, [ifRecord]));
      }),
    lock: (name, token, ttlMs) =>
      write('lock', async () => (await commands.set(name, token, Math.floor(ttlMs), true)) === 'OK'),
    takeOver: (name, seen, token, ttlMs) =>
      write('takeOver', async () => {
        const values = [seen, token, String(Math.floor(ttlMs))];
        return Number(await commands.eval(REPLACE_IF_EQUAL, name, values)) === 1;
      }),
    unlock: (name, token) =>
      write('unlock', async () => void (await commands.eval(DELETE_IF_EQUAL, name, [token]))),
  };
}

function commandsOf(client: RedisClient): Commands {
  const given: unknown = client;
  if (typeof given === 'object' && given !== null && 'eval' in given) {
    if ('pTTL' in given) return nodeRedis(client as NodeRedisClient);
    if ('pttl' in given)
      return typeof (client as IoRedisClient).status === 'string'
        ? ioRedis(client as IoRedisClient)
        : upstash(client as UpstashRedisClient);
  }
  throw invalidOption(
    { option: 'client' },
    'a client of ioredis, iovalkey, redis (node-redis) or @upstash/redis',
    client,
  );
}

/** Bytes, if the user's client is set to return them. */
const textOf = (record: unknown): string =>
  record instanceof Uint8Array ? new TextDecoder().decode(record) : (record as string);

type Call = (...args: unknown[]) => Promise<unknown>;

/** A method that keeps its client as `this`. */
const method = (client: object, name: string): Call =>
  ((client as Record<string, unknown>)[name] as Call).bind(client);

function ioRedis(client: IoRedisClient): Commands {
  const set = method(client, 'set');
  const evaluate = method(client, 'eval');
  return {
    isReady: () => client.status === 'ready',
    get: method(client, 'get'),
    pttl: method(client, 'pttl'),
    set: (name, value, ttlMs, onlyIfAbsent) => set(name, value, 'PX', ttlMs, ...(onlyIfAbsent ? ['NX'] : [])),
    del: method(client, 'del'),
    eval: (script, name, values) => evaluate(script, 1, name, ...values),
  };
}

function nodeRedis(client: NodeRedisClient): Commands {
  const set = method(client, 'set');
  const evaluate = method(client, 'eval');
  return {
    // Older clusters tell only whether they are open.
    isReady: () => client.isReady ?? client.isOpen,
    get: method(client, 'get'),
    pttl: method(client, 'pTTL'),
    set: (name, value, ttlMs, onlyIfAbsent) =>
      set(name, value, {
        expiration: { type: 'PX', value: ttlMs },
        ...(onlyIfAbsent ? { condition: 'NX' } : {}),
      }),
    del: method(client, 'del'),
    eval: (script, name, values) => evaluate(script, { keys: [name], arguments: [...values] }),
  };
}

/** Over HTTP: there is no connection that could queue a command. */
function upstash(client: UpstashRedisClient): Commands {
  const set = method(client, 'set');
  const evaluate = method(client, 'eval');
  return {
    isReady: () => true,
    get: method(client, 'get'),
    pttl: method(client, 'pttl'),
    set: (name, value, ttlMs, onlyIfAbsent) =>
      set(name, value, { px: ttlMs, ...(onlyIfAbsent ? { nx: true } : {}) }),
    del: method(client, 'del'),
    eval: (script, name, values) => evaluate(script, [name], [...values]),
  };
}
