import { storeConformance } from '@credex/testing/conformance';
import { describe, expect, it } from 'vitest';
import { cloudflareKvStore } from './cloudflare-kv.js';
import { runtimeCacheStore } from './runtime-cache.js';

const options = { signal: new AbortController().signal };

/** Values that end, over a clock that the test moves. */
class Values {
  readonly kept = new Map<string, { readonly value: string; readonly endsAt: number }>();
  now = 0;
  isBroken = false;

  async get(name: string): Promise<string | null> {
    if (this.isBroken) throw new Error('KV get failed: crx1.mk3zq6jw.AAECAwQFBgcICQoLDA0ODw-_');
    const found = this.kept.get(name);
    return found !== undefined && found.endsAt > this.now ? found.value : null;
  }

  async put(name: string, value: string, seconds: number): Promise<void> {
    if (this.isBroken) throw new Error(`KV put failed: ${value}`);
    this.kept.set(name, { value, endsAt: this.now + seconds * 1_000 });
  }

  async remove(name: string): Promise<void> {
    if (this.isBroken) throw new Error('KV delete failed');
    this.kept.delete(name);
  }
}

const kv = (values: Values) => ({
  get: (name: string) => values.get(name),
  async put(name: string, value: string, { expirationTtl = 0 } = {}) {
    if (expirationTtl < 60 || !Number.isInteger(expirationTtl)) throw new Error('KV PUT failed: 400');
    await values.put(name, value, expirationTtl);
  },
  delete: (name: string) => values.remove(name),
});

/** As `getCache` of @vercel/functions: names are shortened to 32 bits unless the caller says otherwise. */
const getCache =
  (values: Values, items: string[] = []) =>
  ({ keyHashFunction }: { keyHashFunction?: (key: string) => string } = {}) => {
    const key = (name: string): string =>
      keyHashFunction?.(name) ?? String(Array.from(name).reduce((sum, one) => sum + one.charCodeAt(0), 0));
    return {
      get: (name: string) => values.get(key(name)),
      async set(name: string, value: unknown, given?: { name?: string; ttl?: number }) {
        items.push(given?.name ?? name);
        await values.put(key(name), value as string, given?.ttl ?? Infinity);
      },
      delete: (name: string) => values.remove(key(name)),
    };
  };

const ENGINES = {
  cloudflareKvStore: (values: Values) => cloudflareKvStore(kv(values)),
  runtimeCacheStore: (values: Values) => runtimeCacheStore(getCache(values)),
};

for (const [name, storeOf] of Object.entries(ENGINES))
  storeConformance(
    { describe, it },
    () => {
      const values = new Values();
      return {
        store: storeOf(values),
        advance: (ms) => void (values.now += ms),
        breakDown: () => void (values.isBroken = true),
      };
    },
    { name, isApproximate: true },
  );

describe('cloudflareKvStore', () => {
  it('keeps a record for at least 60 seconds, which KV asks for', async () => {
    const values = new Values();
    await cloudflareKvStore(kv(values)).set('n', 'r', 1_500, options);
    expect(values.kept.get('n')?.endsAt).toBe(60_000);
  });

  it.each([undefined, null, {}, 'env.KV'])('refuses %j', (namespace) => {
    expect(() => cloudflareKvStore(namespace as never)).toThrowError(
      expect.objectContaining({ option: 'namespace' }) as Error,
    );
  });
});

describe('runtimeCacheStore', () => {
  it('sends no name of an item, whole seconds, and never a record without end', async () => {
    const values = new Values();
    const items: string[] = [];
    const store = runtimeCacheStore(getCache(values, items));
    await store.set('credex:1:a', 'r', 999, options);
    await store.set('credex:1:b', 'r', 2_900, options);
    expect(items).toEqual(['', '']);
    expect(values.kept.get('credex-1-a')?.endsAt).toBe(1_000);
    expect(values.kept.get('credex-1-b')?.endsAt).toBe(2_000);
  });

  it('takes what is no text for no record', async () => {
    const values = new Values();
    await values.put('n', { not: 'text' } as never, 60);
    expect(await runtimeCacheStore(getCache(values)).get('n', options)).toBeUndefined();
  });

  it.each([undefined, {}, 'getCache'])('refuses %j', (given) => {
    expect(() => runtimeCacheStore(given as never)).toThrowError(
      expect.objectContaining({ option: 'getCache' }) as Error,
    );
  });
});
