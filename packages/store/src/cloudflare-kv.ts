/** Cloudflare Workers KV as a store. */

import type { CredentialStore } from '@credex/core';
import { invalidOption } from '@credex/core/internal';
import { engineCall } from './engine-error.js';

/** A KV namespace: a binding of the Worker. */
export interface KvNamespace {
  get(name: string, type: 'text'): Promise<string | null>;
  put(name: string, value: string, options?: { expirationTtl?: number }): Promise<void>;
  delete(name: string): Promise<void>;
}

/** KV refuses a shorter time to live. A record says itself when it ends. */
const LEAST_TTL_SECONDS = 60;

/**
 * A store over Cloudflare Workers KV. Other locations see a record after up to 60 seconds or more, and a name takes one write
 * a second. It has no lock, so instances that start together make an exchange each, and it does not tell how long a record
 * still lives.
 *
 * @throws OptionError if `namespace` is no KV namespace
 *
 * @example
 * const store = encryptedStore(cloudflareKvStore(env.CREDENTIALS), { key: env.CREDEX_STORE_KEY });
 */
export function cloudflareKvStore(namespace: KvNamespace): CredentialStore {
  const given: unknown = namespace;
  if (typeof given !== 'object' || given === null || !('put' in given))
    throw invalidOption({ option: 'namespace' }, 'a KV namespace, such as env.CREDENTIALS', namespace);
  return {
    get: (name) =>
      engineCall('get', async () => {
        const record = await namespace.get(name, 'text');
        return record === null ? undefined : { record };
      }),
    set: (name, record, ttlMs) =>
      engineCall('set', () =>
        namespace.put(name, record, {
          expirationTtl: Math.max(LEAST_TTL_SECONDS, Math.floor(ttlMs / 1_000)),
        }),
      ),
    delete: (name, ifRecord) =>
      engineCall('delete', async () => {
        if (ifRecord === undefined || (await namespace.get(name, 'text')) === ifRecord)
          await namespace.delete(name);
      }),
  };
}
