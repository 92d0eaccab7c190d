import { storeConformance } from '@credex/testing/conformance';
import { describe, expect, it } from 'vitest';
import type { RedisClient } from './redis.js';
import { redisStore } from './redis.js';

/** The commands of a Redis server, over a clock that the test moves. */
class FakeRedis {
  readonly #values = new Map<string, { readonly value: string; readonly endsAt: number }>();
  now = 0;
  failure: Error | undefined;

  get(name: string): string | null {
    if (this.failure !== undefined) throw this.failure;
    const found = this.#values.get(name);
    return found !== undefined && found.endsAt > this.now ? found.value : null;
  }

  pttl(name: string): number {
    return this.get(name) === null ? -2 : (this.#values.get(name)?.endsAt as number) - this.now;
  }

  set(name: string, value: string, ttlMs: number, onlyIfAbsent: boolean): 'OK' | null {
    if (onlyIfAbsent && this.get(name) !== null) return null;
    if (this.failure !== undefined) throw this.failure;
    // As PX does.
    if (!Number.isInteger(ttlMs) || ttlMs < 1) throw new Error('ERR invalid expire time');
    this.#values.set(name, { value, endsAt: this.now + ttlMs });
    return 'OK';
  }

  eval(script: string, name: string, [seen, token, ttlMs]: readonly string[]): number {
    if (this.get(name) !== seen) return 0;
    if (script.includes("'del'")) this.#values.delete(name);
    else this.set(name, token as string, Number(ttlMs), false);
    return 1;
  }

  del(name: string): number {
    return this.#values.delete(name) ? 1 : 0;
  }
}

const CLIENTS: Readonly<Record<string, (redis: FakeRedis) => RedisClient>> = {
  ioredis: (redis) => ({
    status: 'ready',
    get: async (name: string) => redis.get(name),
    pttl: async (name: string) => redis.pttl(name),
    set: async (...[name, value, px, ttlMs, nx]: readonly [string, string, string, number, string?]) => {
      expect(px).toBe('PX');
      return redis.set(name, value, ttlMs, nx === 'NX');
    },
    del: async (name: string) => redis.del(name),
    eval: async (script: string, keys: number, name: string, ...values: string[]) => {
      expect(keys).toBe(1);
      return redis.eval(script, name, values);
    },
  }),
  'node-redis': (redis) => ({
    isOpen: true,
    isReady: true,
    get: async (name: string) => redis.get(name),
    pTTL: async (name: string) => redis.pttl(name),
    set: async (
      name: string,
      value: string,
      { expiration, condition }: { expiration: { type: 'PX'; value: number }; condition?: 'NX' },
    ) => redis.set(name, value, expiration.value, condition === 'NX'),
    del: async (name: string) => redis.del(name),
    eval: async (script: string, given: { keys: string[]; arguments: string[] }) =>
      redis.eval(script, given.keys[0] as string, given.arguments),
  }),
  '@upstash/redis': (redis) => ({
    // Parses what looks like JSON.
    get: async (name: string) => {
      const found = redis.get(name);
      try {
        return JSON.parse(found as string) as unknown;
      } catch {
        return found;
      }
    },
    pttl: async (name: string) => redis.pttl(name),
    set: async (name: string, value: string, { px, nx }: { px: number; nx?: true }) =>
      redis.set(name, value, px, nx === true),
    del: async (name: string) => redis.del(name),
    eval: async (script: string, [name]: string[], values: string[]) =>
      redis.eval(script, name as string, values),
  }),
};

for (const [name, clientOf] of Object.entries(CLIENTS))
  storeConformance(
    { describe, it },
    () => {
      const redis = new FakeRedis();
      return {
        store: redisStore(clientOf(redis)),
        advance: (ms) => void (redis.now += ms),
        breakDown() {
          redis.failure = Object.assign(
            new Error(
              'OOM command not allowed, command was: [["set","crx1.mk3zq6jw.AAECAwQFBgcICQoLDA0ODw-_"]]',
            ),
            { command: { args: ['crx1.mk3zq6jw.AAECAwQFBgcICQoLDA0ODw-_'] } },
          );
        },
      };
    },
    { name: `a client called as ${name} is` },
  );

describe('redisStore', () => {
  const options = { signal: new AbortController().signal };
  const spy = (state: object) => {
    const calls: string[] = [];
    const record =
      (name: string) =>
      async (...given: unknown[]): Promise<null> => {
        calls.push(name);
        return given.length > 99 ? null : null;
      };
    const commands = Object.fromEntries(
      ['get', 'set', 'del', 'eval', 'pttl', ...('isOpen' in state ? ['pTTL'] : [])].map((name) => [
        name,
        record(name),
      ]),
    );
    return { calls, store: redisStore({ ...commands, ...state } as unknown as RedisClient) };
  };

  it.each([
    ['ioredis that connects', { status: 'connecting' }],
    ['ioredis that waits to connect', { status: 'wait' }],
    ['ioredis that reconnects', { status: 'reconnecting' }],
    ['node-redis that is not ready', { isOpen: true, isReady: false }],
    ['a cluster of node-redis that is closed', { isOpen: false }],
  ])('sends %s nothing that changes the store, but reads', async (_what, state) => {
    const { calls, store } = spy(state);
    const { lock, takeOver, unlock } = store as Required<typeof store>;
    const changes = [
      store.set('n', 'r', 1_000, options),
      store.delete('n', 'r', options),
      store.delete('n', undefined, options),
      lock('n', 't', 1_000, options),
      takeOver('n', 's', 't', 1_000, options),
      unlock('n', 't', options),
    ];
    for (const change of changes) await expect(change).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
    expect(await store.get('n', options)).toBeUndefined();
    expect(calls.sort()).toEqual(['get', 'isOpen' in state ? 'pTTL' : 'pttl'].sort());
  });

  it.each([
    [{ status: 'ready' }],
    [{ isOpen: true, isReady: true }],
    // A cluster of node-redis 5 tells no more.
    [{ isOpen: true }],
    // Over HTTP.
    [{}],
  ])('sends everything to a client that is ready: %j', async (state) => {
    const { calls, store } = spy(state);
    await store.set('n', 'r', 1_000.7, options);
    expect(await store.lock?.('n', 't', 1_000, options)).toBe(false);
    expect(calls).toEqual(['set', 'set']);
  });

  it.each([
    ["READONLY You can't write against a read only replica.", 'READONLY'],
    ["NOPERM this user has no permissions to run the 'eval' command", 'NOPERM'],
    ['AKIAIOSFODNN7EXAMPLE is not a code', undefined],
    ['connect ECONNREFUSED 127.0.0.1:6379', undefined],
  ])('throws its own error with the code alone: %s', async (message, code) => {
    const failing = async (): Promise<never> => {
      throw new Error(message);
    };
    const client = {
      status: 'ready',
      get: failing,
      set: failing,
      del: failing,
      eval: failing,
      pttl: failing,
    };
    const thrown = await redisStore(client)
      .get('n', options)
      .catch((error: unknown) => error as Error & { code?: string });
    expect(thrown).toMatchObject({ name: 'StoreEngineError', code });
    expect(thrown).not.toHaveProperty('cause');
    expect((thrown as Error).message).not.toContain('AKIA');
  });

  it.each([undefined, null, {}, 'redis://127.0.0.1', { get: () => null }])('refuses %j', (client) => {
    expect(() => redisStore(client as never)).toThrowError(
      expect.objectContaining({ option: 'client' }) as Error,
    );
  });
});
