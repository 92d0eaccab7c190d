/** A shared store in memory, and instances that share it: nothing is encrypted, and no time passes by itself. */

import type { ManualClock } from '@credex/testing/clock';
import type { SubjectTokenSource } from '../contract.js';
import type { CredentialStore, EncryptedStore, StoredCredential } from '../store-contract.js';
import type { Fixture, FixtureOptions } from '../provider.fixture.js';
import { makeJwt, sourceOf, testClock, fixture } from '../provider.fixture.js';

export interface MemoryEngine extends Required<CredentialStore> {
  readonly records: Map<string, { readonly record: string; readonly endsAt: number }>;
  /** Every operation, in order. */
  readonly operations: string[];
  /** Runs before each operation, which waits for it; what it throws, the operation throws. */
  before: (operation: string, name: string) => unknown;
}

function memoryEngine(clock: ManualClock): MemoryEngine {
  const records: MemoryEngine['records'] = new Map();
  const present = (name: string) => {
    const found = records.get(name);
    return found !== undefined && found.endsAt > clock.monotonic() ? found : undefined;
  };
  const started = async (operation: string, name: string): Promise<void> => {
    engine.operations.push(operation);
    await engine.before(operation, name);
  };
  const put = (name: string, record: string, ttlMs: number): void =>
    void records.set(name, { record, endsAt: clock.monotonic() + ttlMs });
  const engine: MemoryEngine = {
    records,
    operations: [],
    before: () => undefined,
    async get(name) {
      await started('get', name);
      const found = present(name);
      return found && { record: found.record, ttlMs: found.endsAt - clock.monotonic() };
    },
    async set(name, record, ttlMs) {
      await started('set', name);
      put(name, record, ttlMs);
    },
    async delete(name, ifRecord) {
      await started('delete', name);
      if (ifRecord === undefined || present(name)?.record === ifRecord) records.delete(name);
    },
    async lock(name, token, ttlMs) {
      await started('lock', name);
      if (present(name) !== undefined) return false;
      put(name, token, ttlMs);
      return true;
    },
    async takeOver(name, seen, token, ttlMs) {
      await started('takeOver', name);
      if (present(name)?.record !== seen) return false;
      put(name, token, ttlMs);
      return true;
    },
    async unlock(name, token) {
      await started('unlock', name);
      if (present(name)?.record === token) records.delete(name);
    },
  };
  return engine;
}

/** A store whose texts are readable, so that a test can look at them and change them. */
function plainStore(engine: CredentialStore, rest: Partial<EncryptedStore> = {}): EncryptedStore {
  return {
    contract: 'credex.store.v1',
    engine,
    waitForLeaderMs: 600,
    clock: undefined,
    fingerprint: () => 'fingerprint',
    recordName: async (_derived, provider, key) => `test:1:${provider}:${key}`,
    encrypt: async (_derived, name, record, endsAt) => JSON.stringify({ name, record, endsAt }),
    async decrypt(_derived, name, text) {
      const read = JSON.parse(text) as { name: string; record: StoredCredential; endsAt: number };
      return read.name === name ? { record: read.record, endsAt: read.endsAt } : undefined;
    },
    ...rest,
  };
}

/** A production token of a platform identity. */
export const platformSource = (claims: object = {}): SubjectTokenSource =>
  sourceOf(() => makeJwt({ sub: 'a', environment: 'production', ...claims }), {
    matchesIdentity: (found) => found.project_id === undefined,
  });

export interface Fleet {
  readonly clock: ManualClock;
  readonly engine: MemoryEngine;
  readonly store: EncryptedStore;
  /** A process with its own cache. */
  instance(options?: FixtureOptions): Fixture;
  /** How many exchanges were made in all. */
  exchanges(): number;
}

export function fleet(rest: Partial<EncryptedStore> = {}): Fleet {
  const clock = testClock();
  const engine = memoryEngine(clock);
  const store = plainStore(engine, rest);
  const instances: Fixture[] = [];
  return {
    clock,
    engine,
    store,
    instance(options = {}) {
      const own = fixture({ clock, ...options });
      const { provider } = own;
      const instance: Fixture = {
        ...own,
        good: (n, lifetimeMs) => own.good(`${instances.indexOf(instance)}-${n}`, lifetimeMs),
        provider: (source = platformSource(), given = {}) => provider(source, { store, ...given }),
      };
      // `answer` is assigned by tests.
      Object.defineProperty(instance, 'answer', {
        get: () => own.answer,
        set: (answer: Fixture['answer']) => {
          own.answer = answer;
        },
      });
      own.answer ??= () => undefined;
      const plain = own.answer;
      own.answer = (attempt) => plain(attempt) ?? instance.good(attempt.n);
      instances.push(instance);
      return instance;
    },
    exchanges: () => instances.reduce((sum, { attempts }) => sum + attempts.length, 0),
  };
}

/** The outcomes of the store's events, in order. */
export const outcomes = ({ events }: Fixture): string[] =>
  events.flatMap((event) => (event.type === 'store' ? [event.outcome] : []));
