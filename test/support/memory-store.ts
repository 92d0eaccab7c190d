/** A store in memory, as three functions of a user's own and a lock: what leaves the process can be looked at. */

import type { CredentialStore } from '@credex/store';

export interface MemoryStore extends Required<CredentialStore> {
  readonly records: Map<string, { readonly record: string; readonly endsAt: number }>;
}

/** `now`: epoch milliseconds. */
export function memoryStore(now: () => number): MemoryStore {
  const records: MemoryStore['records'] = new Map();
  const present = (name: string): string | undefined => {
    const found = records.get(name);
    return found !== undefined && found.endsAt > now() ? found.record : undefined;
  };
  const put = (name: string, record: string, ttlMs: number): true => {
    records.set(name, { record, endsAt: now() + ttlMs });
    return true;
  };
  return {
    records,
    async get(name) {
      const record = present(name);
      return record === undefined
        ? undefined
        : { record, ttlMs: (records.get(name)?.endsAt as number) - now() };
    },
    async set(name, record, ttlMs) {
      put(name, record, ttlMs);
    },
    async delete(name, ifRecord) {
      if (ifRecord === undefined || present(name) === ifRecord) records.delete(name);
    },
    lock: async (name, token, ttlMs) => present(name) === undefined && put(name, token, ttlMs),
    takeOver: async (name, seen, token, ttlMs) => present(name) === seen && put(name, token, ttlMs),
    async unlock(name, token) {
      if (present(name) === token) records.delete(name);
    },
  };
}
