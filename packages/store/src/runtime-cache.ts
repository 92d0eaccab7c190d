/** Vercel's Runtime Cache as a store, by `getCache` of `@vercel/functions`. */

import type { CredentialStore } from '@credex/core';
import { invalidOption } from '@credex/core/internal';
import { engineCall } from './engine-error.js';

interface RuntimeCache {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, options?: { name?: string; tags?: string[]; ttl?: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

/** `getCache` of `@vercel/functions`. */
export type GetRuntimeCache = (options?: { keyHashFunction?: (key: string) => string }) => RuntimeCache;

/**
 * A store over Vercel's Runtime Cache. It is shared by the instances of one region, project and environment. It has no lock,
 * so instances that start together make an exchange each, and it does not tell how long a record still lives, so the clocks
 * of instances must agree. Outside of Vercel it is the memory of the process.
 *
 * @param getCache The function itself: the adapter sets its options. By default the cache shortens names to 32 bits, so that
 *   two roles may have the same one.
 * @throws OptionError if `getCache` is no function
 *
 * @example
 * import { getCache } from '@vercel/functions';
 *
 * const store = encryptedStore(runtimeCacheStore(getCache), { key: process.env.CREDEX_STORE_KEY });
 */
export function runtimeCacheStore(getCache: GetRuntimeCache): CredentialStore {
  if (typeof getCache !== 'function')
    throw invalidOption({ option: 'getCache' }, 'the function getCache of @vercel/functions', getCache);
  // Each request has its own cache; a name is a digest already, and its colons would stand in a path.
  const cache = (): RuntimeCache => getCache({ keyHashFunction: (name) => name.replaceAll(':', '-') });
  const get = async (name: string): Promise<string | undefined> => {
    const record = await cache().get(name);
    return typeof record === 'string' ? record : undefined;
  };
  return {
    get: (name) =>
      engineCall('get', async () => {
        const record = await get(name);
        return record === undefined ? undefined : { record };
      }),
    set: (name, record, ttlMs) =>
      engineCall('set', async () => {
        // Whole seconds, where 0 would mean without end. An empty name: the item's name is not sent in clear.
        await cache().set(name, record, { name: '', ttl: Math.max(1, Math.floor(ttlMs / 1_000)) });
      }),
    delete: (name, ifRecord) =>
      engineCall('delete', async () => {
        if (ifRecord === undefined || (await get(name)) === ifRecord) await cache().delete(name);
      }),
  };
}
