/**
 * A fleet small enough to explore: instances with their own caches, which share a store. Each operation of the store and
 * each exchange waits until the explorer says how it ends. Engine and store stage are the real ones.
 */

import type { CredentialCache, CredentialStore, EncryptedStore } from '@credex/core';
import type { DriverProvider, ErrorClass, Exchanger } from '@credex/core/internal';
import type { Core, Refresh } from './explorer-harness.js';
import type { Instant, ManualTime } from './manual-time.js';
import { manualTime, turn } from './manual-time.js';
import type { HostileStore, StoreOperationSent } from './store-hostile.js';
import { hostileStore } from './store-hostile.js';

/** Names its owner and its exchange, so that any mix-up shows. */
export interface Secret {
  readonly owner: string;
  readonly serial: number;
  readonly expiresAt: number;
}

export type CallKind = 'plain' | 'force';

export interface StoreCaller {
  readonly number: number;
  readonly instance: Instance;
  readonly who: string;
  readonly kind: CallKind;
  readonly at: Instant;
  /** The cache's count when the call came, and how many exchanges of its instance had ended. */
  readonly sequence: number;
  readonly ends: number;
  /** What the instance knew to be refused when the call came. */
  readonly refusedBefore: ReadonlySet<number>;
  end: { readonly credential: Secret } | { readonly error: unknown } | undefined;
}

/** One request to the cloud. */
export interface StoreExchange {
  readonly serial: number;
  readonly instance: Instance;
  readonly who: string;
  readonly at: Instant;
  /** How many calls had been made when it was sent. */
  readonly calls: number;
  readonly signal: AbortSignal;
  readonly refresh: Refresh | undefined;
  ended: 'ok' | 'brief' | 'down' | undefined;
  readonly settle: (how: 'ok' | 'brief' | 'down') => void;
}

type CacheEntry = CredentialCache['state']['entries'] extends Map<string, infer E> ? E : never;

export interface Instance {
  readonly index: number;
  readonly cache: CredentialCache;
  readonly provider: DriverProvider<Secret, void>;
  /** The serials of the credentials whose refusal it was told of. */
  readonly refused: Set<number>;
  /** How many of its exchanges have ended. */
  ended(): number;
}

export interface Fleet {
  readonly time: ManualTime;
  readonly store: HostileStore;
  readonly instances: readonly Instance[];
  readonly callers: StoreCaller[];
  readonly exchanges: StoreExchange[];
  call(instance: Instance, who: string, kind: CallKind): void;
  /** A service refuses what this instance's cache has for identity `a`. */
  refuse(instance: Instance): void;
  entryOf(instance: Instance, who: string): CacheEntry | undefined;
}

export const LIFETIME_MS = 3_600_000;
/** Ends before the first look into the refresh window of a longer one. */
const BRIEF_LIFETIME_MS = 600_000;
const FAR = 4_102_444_800;

const DOWN: ErrorClass = { code: 'unavailable', retry: 'now' };

/** Tokens of production: what a platform identity stores. */
const token = (who: string) =>
  Promise.resolve({
    jwt: `token-${who}`,
    claims: { sub: who, environment: 'production', exp: FAR },
    expiresAt: FAR * 1_000,
  });

class CloudIsDown extends Error {}

export function storeFleet(core: Core, size: number): Fleet {
  const time = manualTime();
  const store = hostileStore(time);
  const fleet: Fleet = {
    time,
    store,
    instances: Array.from({ length: size }, (_, index) => instanceOf(index)),
    callers: [],
    exchanges: [],
    call(instance, who, kind) {
      const caller: StoreCaller = {
        number: fleet.callers.length,
        instance,
        who,
        kind,
        at: time.now(),
        sequence: instance.cache.state.sequence,
        ends: instance.ended(),
        refusedBefore: new Set(instance.refused),
        end: undefined,
      };
      fleet.callers.push(caller);
      current = who;
      instance.provider.getCredentials(kind === 'force' ? { forceRefresh: true } : undefined).then(
        (credential) => (caller.end = { credential }),
        (error: unknown) => (caller.end = { error }),
      );
    },
    refuse(instance) {
      const entry = fleet.entryOf(instance, 'a');
      const credential = entry?.cached?.credential as Secret | undefined;
      if (credential === undefined) return;
      instance.provider.invalidate({ ...credential });
      if (entry?.invalidated === true) instance.refused.add(credential.serial);
    },
    entryOf({ cache: { state } }, who) {
      for (const [text, key] of state.keys)
        if (text.startsWith('one store') && text.includes(`platform:${who}`))
          return state.entries.get(key) ?? state.candidates.get(key);
      return undefined;
    },
  };
  let current = 'a';

  function instanceOf(index: number): Instance {
    const cache = core.createCredentialCache();
    const exchanger: Exchanger<Secret, void> = {
      specificationVersion: 'v1',
      provider: 'played',
      cacheKeyFields: () => ({}),
      parseStored: (record) => record as Secret,
      classify: (error) =>
        error instanceof CloudIsDown
          ? DOWN
          : { code: error instanceof DOMException ? 'timeout' : 'unknown', retry: 'never' },
      async exchange(_request, context) {
        const { claims } = await context.subject();
        return {
          credential: await sent(fleet, instance, claims.sub as string, context.signal),
        };
      },
    };
    const instance: Instance = {
      index,
      cache,
      refused: new Set(),
      ended: () =>
        fleet.exchanges.filter((one) => one.instance === instance && one.ended !== undefined).length,
      provider: core.createCredentialProvider(exchanger, {
        clock: time.clock,
        cache,
        random: () => 0.5,
        store: plainStore(store.engineOf(index, () => refreshesIn(cache))),
        source: {
          capture() {
            const who = current;
            return {
              identityKey: who,
              matchesIdentity: ({ sub }) => sub === who,
              token: () => token(who) as never,
            };
          },
        },
      }),
    };
    return instance;
  }
  return fleet;
}

/** Newest last. */
const refreshesIn = ({ state }: CredentialCache): Refresh[] =>
  [...state.refreshes.values()].sort((one, other) => one.sequence - other.sequence);

/** A request to the cloud, in flight until the explorer ends it. */
function sent(fleet: Fleet, instance: Instance, who: string, signal: AbortSignal): Promise<Secret> {
  return new Promise((resolve, reject) => {
    const exchange: StoreExchange = {
      serial: fleet.exchanges.length,
      instance,
      who,
      at: fleet.time.now(),
      calls: fleet.callers.length,
      signal,
      refresh: refreshesIn(instance.cache).at(-1),
      ended: undefined,
      settle(how) {
        exchange.ended = how;
        if (how === 'down') {
          reject(new CloudIsDown());
          return;
        }
        const lifetimeMs = how === 'ok' ? LIFETIME_MS : BRIEF_LIFETIME_MS;
        resolve({ owner: who, serial: exchange.serial, expiresAt: fleet.time.now().wall + lifetimeMs });
      },
    };
    fleet.exchanges.push(exchange);
  });
}

/**
 * Nothing is encrypted. A record is bound to no name: that one which was written under another name is not adopted is up
 * to core alone. What was altered can't be read, as with encryption.
 */
const plainStore = (engine: CredentialStore): EncryptedStore => ({
  contract: 'credex.store.v1',
  engine,
  waitForLeaderMs: 600,
  clock: undefined,
  fingerprint: () => 'one store',
  recordName: (_derived, provider, key) => Promise.resolve(`${provider}:${key}`),
  encrypt: (_derived, _name, record, endsAt) => Promise.resolve(JSON.stringify({ record, endsAt })),
  decrypt: (_derived, _name, text) =>
    Promise.resolve(
      text.startsWith('{') ? (JSON.parse(text) as Awaited<ReturnType<EncryptedStore['decrypt']>>) : undefined,
    ),
});

export function isInFlight({ refresh, instance }: StoreExchange): boolean {
  return refresh !== undefined && [...instance.cache.state.refreshes.values()].includes(refresh);
}

/** What a refresh in flight of this instance waits for. */
export const pendingOf = (fleet: Fleet, { index }: Instance): StoreOperationSent[] =>
  fleet.store.pending().filter((operation) => operation.instance === index && operation.isInFlight());

/** The store does all that this instance asks, until it asks nothing more. */
export async function answerHonestly(fleet: Fleet, instance: Instance): Promise<void> {
  for (;;) {
    const pending = pendingOf(fleet, instance);
    if (pending.length === 0) return;
    for (const operation of pending)
      fleet.store.answer(operation, operation.executed === undefined ? 'honest' : 'reply');
    await turn();
  }
}
