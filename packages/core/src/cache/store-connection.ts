/** What one refresh does with its store: each operation within a budget, and no failure of it reaches a caller. */

import type { Moment } from '../runtime/clock.js';
import { momentOf, since, startTimer } from '../runtime/clock.js';
import type { Clock } from '../contract.js';
import type { CredentialStore, StoreOperation } from '../store-contract.js';
import type { ProviderEvent } from '../events.js';
import type { StoreMemory } from './entry.js';

/** All operations of one refresh take at most this long together. Waiting for another instance is counted apart. */
const BUDGET_MS = 150;
/** After as many failures in a row a store is skipped for a while. */
const MOST_FAILURES = 3;
const SKIP_MS = 30_000;

type Operation = 'get' | 'set' | 'delete' | 'lock' | 'takeOver' | 'unlock';
type Engine = Required<CredentialStore>;

/** Thrown in place of whatever an engine throws: it may repeat the record. */
export class StoreUnavailable extends Error {}

/** Codes of engines and of the network that say nothing but what failed. */
const CODES: ReadonlySet<unknown> = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOAUTH',
  'NOPERM',
  'NOT_CONNECTED',
  'OOM',
  'READONLY',
  'WRONGPASS',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
]);

export class StoreConnection {
  readonly #engine: CredentialStore;
  readonly #memory: StoreMemory;
  readonly #clock: Clock;
  readonly #emit: (event: ProviderEvent) => void;
  readonly #controller = new AbortController();
  /** What failed once is not tried again by this refresh. */
  readonly #failed = { reads: false, writes: false };
  #isClosed = false;
  #budgetMs: number = BUDGET_MS;
  /** Operations within the budget that are in flight, and since when. */
  #running = 0;
  #busySince: Moment | undefined;
  /** End the operations in flight: one listener serves all operations of a refresh. */
  readonly #cancels = new Set<(reason: unknown) => void>();

  constructor(
    engine: CredentialStore,
    memory: StoreMemory,
    clock: Clock,
    emit: (event: ProviderEvent) => void,
  ) {
    this.#engine = engine;
    this.#memory = memory;
    this.#clock = clock;
    this.#emit = emit;
  }

  /** True while the store is skipped, as a whole or for what changes it. */
  isSkipped(kind: 'reads' | 'writes'): boolean {
    if (this.#failed.reads || this.#isOpen('reads')) return true;
    return kind === 'writes' && (this.#failed.writes || this.#isOpen('writes'));
  }

  #isOpen(kind: 'reads' | 'writes'): boolean {
    const { failures, last } = this.#memory[kind];
    return failures >= MOST_FAILURES && last !== undefined && since(last, this.#clock) < SKIP_MS;
  }

  /** Whether the refresh still waits for operations: it was not abandoned, and they have not taken too long. */
  get isWaitedFor(): boolean {
    return !this.#isClosed && this.#budgetMs > 0;
  }

  /**
   * One operation. `limitMs`: instead of the budget, for an operation while the refresh waits for another instance.
   * `late`: called with a reply that comes too late.
   * @throws StoreUnavailable
   */
  async operate<T>(
    operation: Operation,
    limitMs: number | undefined,
    call: (engine: Engine, options: StoreOperation) => Promise<T>,
    late?: (reply: T) => void,
  ): Promise<T> {
    const kind = operation === 'get' ? 'reads' : 'writes';
    const left = limitMs ?? this.#budgetMs;
    // A lock is released whatever else failed: other instances wait for it.
    const isUnlock = operation === 'unlock';
    const isFailed = !isUnlock && (this.#failed.reads || this.#failed[kind]);
    if (isFailed || left <= 0) throw new StoreUnavailable();
    const controller = isUnlock ? new AbortController() : this.#controller;
    const started = momentOf(this.#clock);
    if (limitMs === undefined && this.#running++ === 0) this.#busySince = started;
    try {
      const result = await this.#inTime(left, controller, call, late);
      this.#memory[kind].failures = 0;
      return result;
    } catch (error) {
      this.#fail(kind, operation, started, error);
      throw new StoreUnavailable();
    } finally {
      // What travels together is counted once.
      if (limitMs === undefined && --this.#running === 0)
        this.#budgetMs -= since(this.#busySince ?? started, this.#clock);
    }
  }

  /** Ends everything: the refresh was abandoned. */
  close(): void {
    this.#isClosed = true;
    this.#failed.reads = true;
    this.#controller.abort();
    for (const cancel of this.#cancels) cancel(new StoreUnavailable());
  }

  #inTime<T>(
    ms: number,
    controller: AbortController,
    call: (engine: Engine, options: StoreOperation) => Promise<T>,
    late: ((reply: T) => void) | undefined,
  ): Promise<T> {
    const { signal } = controller;
    return new Promise<T>((resolve, reject) => {
      let isOver = false;
      const end = (reason: unknown): void => {
        isOver = true;
        reject(reason as Error);
      };
      const stop = startTimer(this.#clock, ms, () => {
        controller.abort();
        end(new StoreUnavailable('timeout'));
      });
      this.#cancels.add(end);
      // What fails after its time is dropped here.
      (async () => call(this.#engine as Engine, { signal }))()
        .then((reply) => (isOver ? late?.(reply) : resolve(reply)), reject)
        .finally(stop);
    });
  }

  #fail(kind: 'reads' | 'writes', operation: Operation, started: Moment, error: unknown): void {
    // Closed, because the refresh was abandoned: no failure of the store.
    if (this.#failed.reads) return;
    this.#failed[kind] = true;
    const breaker = this.#memory[kind];
    breaker.failures += 1;
    breaker.last = momentOf(this.#clock);
    const code: unknown = (error as { readonly code?: unknown } | null | undefined)?.code;
    this.#emit({
      type: 'store',
      outcome: 'failed',
      operation,
      code: error instanceof StoreUnavailable ? 'TIMEOUT' : CODES.has(code) ? String(code) : undefined,
      durationMs: since(started, this.#clock),
    });
  }
}

/** An operation while following: as long as all others of a refresh together. */
export const FOLLOW_LIMIT_MS = 150;

type Take = (engine: Required<CredentialStore>, token: string, options: StoreOperation) => Promise<boolean>;

/** The lock of one record: one instance leads and exchanges, the others follow. It saves exchanges and guards nothing. */
export class StoreLock {
  readonly #connection: StoreConnection;
  readonly #name: string;
  readonly #ttlMs: number;
  /** The lock's value while this instance leads. */
  #token: string | undefined;
  /** The value of the lock of another instance, when it was first read. */
  #seen: string | undefined;
  /** The refresh has ended without a record: a lock that is taken from now on is of no use. */
  #isReleased = false;

  constructor(connection: StoreConnection, recordName: string, ttlMs: number) {
    this.#connection = connection;
    this.#name = `${recordName}:lock`;
    this.#ttlMs = ttlMs;
  }

  /** Whether this instance leads from now on. */
  async acquire(limitMs: number | undefined): Promise<boolean> {
    // In one tick, so that they travel together.
    const [isLeader, found] = await Promise.all([
      this.#lead('lock', limitMs, (engine, token, options) =>
        engine.lock(this.#name, token, this.#ttlMs, options),
      ),
      this.#seen ??
        this.#connection.operate('get', limitMs, (engine, options) => engine.get(this.#name, options)),
    ]);
    if (!isLeader && typeof found === 'object' && found !== null) this.#seen = found.record;
    return isLeader;
  }

  /** Leads in place of the instance whose lock was seen first, unless another one does by now. */
  async takeOver(): Promise<boolean> {
    const seen = this.#seen;
    if (seen === undefined) return false;
    return this.#lead('takeOver', FOLLOW_LIMIT_MS, (engine, token, options) =>
      engine.takeOver(this.#name, seen, token, this.#ttlMs, options),
    );
  }

  /** After a success the lock ends by itself: the record answers whoever looks. */
  async release(): Promise<void> {
    this.#isReleased = true;
    const token = this.#token;
    if (token === undefined) return;
    if (this.#connection.isWaitedFor) await this.#unlock(token, undefined);
    else this.#unlockLater(token);
  }

  async #lead(operation: 'lock' | 'takeOver', limitMs: number | undefined, take: Take): Promise<boolean> {
    const token = randomToken();
    const isLeader = await this.#connection.operate(
      operation,
      limitMs,
      (engine, options) => take(engine, token, options),
      // This instance does not know that it leads, and the others would wait until the lock ends.
      (reply) => {
        if (reply === true) this.#unlockLater(token);
      },
    );
    if (isLeader !== true) return false;
    // Kept here, since the read of the lock may fail, and the refresh end before this reply.
    if (this.#isReleased) this.#unlockLater(token);
    else this.#token = token;
    return true;
  }

  /** No caller waits for it. The connection reports a failure; the lock then ends by itself. */
  #unlockLater(token: string): void {
    this.#unlock(token, FOLLOW_LIMIT_MS).catch(() => undefined);
  }

  async #unlock(token: string, limitMs: number | undefined): Promise<void> {
    await this.#connection.operate('unlock', limitMs, async (engine, options) => {
      // A store without this function has locks that end by themselves.
      await (engine as Partial<typeof engine>).unlock?.(this.#name, token, options);
    });
  }
}

/** 128 random bits. With a prefix, so that no client takes it for a number. */
function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `l-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

const MAX_STORES = 64;

/** `fingerprint`: of the store's namespace and key. */
export function storeMemoryOf(stores: Map<string, StoreMemory>, fingerprint: string): StoreMemory {
  const known = stores.get(fingerprint);
  if (known !== undefined) return known;
  const memory: StoreMemory = {
    derived: {},
    reads: { failures: 0, last: undefined },
    writes: { failures: 0, last: undefined },
  };
  if (stores.size >= MAX_STORES) stores.clear();
  stores.set(fingerprint, memory);
  return memory;
}
