// Longer than 300 lines: the way of one refresh through its store, read from top to bottom.
/**
 * The part of a refresh that needs the shared store: adopt what another instance exchanged, lead or follow, and publish what
 * this one exchanged. Loaded with the first refresh of a provider that has a store.
 */

import type { CacheEntry, RefreshOutcome, StoreMemory } from './entry.js';
import { findEntry, keepEntry } from './entry.js';
import { momentOf, since } from '../runtime/clock.js';
import { sleep } from '../runtime/deadline.js';
import type { Clock, Credential, SubjectClaims, SubjectToken } from '../contract.js';
import type { EncryptedStore } from '../store-contract.js';
import type { ExchangeOutcome } from './exchange.js';
import type { RefreshRun } from './refresh-result.js';
import { isOutdated } from './refresh-result.js';
import {
  StoreConnection,
  StoreUnavailable,
  FOLLOW_LIMIT_MS,
  StoreLock,
  storeMemoryOf,
} from './store-connection.js';
import type { Candidate } from './store-record.js';
import { adoptable, candidateOf, demandOf, isRefused } from './store-record.js';
import { isExpected, subjectTokenOf } from '../token/subject-token.js';
import { valueKey } from './key.js';

/** No record is written for a shorter time, or read if it is longer. */
const LEAST_TTL_MS = 1_000;
const MAX_RECORD_LENGTH = 65_536;
/** A follower looks after 80 ms, then 120 ms later, 160 ms, …, each ± 50 %: few exchanges take less. */
const LOOK_MS = 40;
/** While another instance leads, a refresh ahead of time is put off by 1 to 2 s, and by 10 s in all. */
const DEFER_MS = 1_000;
const MAX_DEFER_MS = 10_000;
/** A lock outlives the longest exchange by this much. */
const LOCK_RESERVE_MS = 1_000;

interface OpenStore {
  readonly connection: StoreConnection;
  readonly memory: StoreMemory;
  readonly lock: StoreLock;
}

/** How a refresh ends that makes no exchange. */
type Ended = Extract<
  RefreshOutcome,
  { readonly kind: 'adopted' | 'deferred' | 'abandoned' | 'other-identity' }
>;

/** Makes the exchange. `token`: what was read already. */
export type Exchange<C extends Credential> = (
  signal: AbortSignal,
  token?: Promise<SubjectToken>,
) => Promise<ExchangeOutcome<C>>;

export class StoreStage<C extends Credential, R> {
  readonly #run: RefreshRun<C, R>;
  readonly #store: EncryptedStore;
  readonly #clock: Clock;
  /** Set where the identity may be stored. */
  #open: OpenStore | undefined;
  #recordKey = '';
  #name = '';
  #isMissed = false;
  #exchanged: Extract<ExchangeOutcome<C>, { readonly kind: 'issued' }> | undefined;

  constructor(run: RefreshRun<C, R>) {
    this.#run = run;
    this.#store = run.context.store as EncryptedStore;
    this.#clock = this.#store.clock ?? run.context.clock;
  }

  /** Everything before the outcome is stored in the process's cache. */
  async refresh(signal: AbortSignal, exchange: Exchange<C>): Promise<ExchangeOutcome<C>> {
    const { input, name, context } = this.#run;
    const { subject, matchesIdentity } = input;
    // Only what the platform names is stored: no token's digest, and no refresh that isolates the failure of one token.
    if (subject.identityKey === undefined || name.digest !== undefined || matchesIdentity === undefined)
      return exchange(signal);
    // A call without a token of the same identity learns nothing from the store.
    const wanted = { audience: undefined, fresh: false, signal, warn: context.warn };
    const token = subjectTokenOf(subject, wanted, context.about);
    const claims = await token.then(
      (read) => read.claims,
      () => undefined,
    );
    if (claims !== undefined && !matchesIdentity(claims)) return { kind: 'other-identity' };
    if (claims !== undefined && this.#mayStore(claims)) {
      const ended = await this.#throughStore(signal);
      if (ended !== undefined) return ended;
    }
    this.#entry().deferred = undefined;
    const outcome = await exchange(signal, token);
    if (outcome.kind === 'issued') this.#exchanged = outcome;
    return outcome;
  }

  /** Publishes what this instance exchanged, or lets another one lead. Never rejects. */
  async settled(outcome: RefreshOutcome): Promise<RefreshOutcome> {
    if (this.#open !== undefined && !(await this.#handled(this.#publish(outcome))))
      await this.#handled(this.#open.lock.release());
    const { refresh, context } = this.#run;
    // Frozen meanwhile: what was issued may have ended.
    return since(refresh.started, context.clock) < refresh.maxAgeMs ? outcome : { kind: 'deferred' };
  }

  /** Tokens of a developer have the claim `user_id`, which a cloud may map to permissions. */
  #mayStore(claims: SubjectClaims): boolean {
    if (claims.environment === 'development' || claims['user_id'] !== undefined) return false;
    const { expectation, about } = this.#run.context;
    // The exchange fails for an unexpected token, with an error that names the difference.
    return isExpected(expectation, claims, about);
  }

  /** `undefined`: this instance exchanges. */
  async #throughStore(signal: AbortSignal): Promise<Ended | undefined> {
    const { cache, emit } = this.#run.context;
    const memory = storeMemoryOf(cache.state.stores, await this.#store.fingerprint());
    const connection = new StoreConnection(this.#store.engine, memory, this.#clock, emit);
    const onAbort = (): void => connection.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#recordKey = await valueKey(cache, this.#run.keyText);
      this.#name = await this.#store.recordName(memory.derived, this.#run.context.provider, this.#recordKey);
      const lock = new StoreLock(connection, this.#name, this.#run.context.timeoutMs + LOCK_RESERVE_MS);
      this.#open = { connection, memory, lock };
      if (this.#isForced()) return undefined;
      if (connection.isSkipped('reads')) {
        emit({ type: 'store', outcome: 'skipped' });
        return undefined;
      }
      return (await this.#adoptOrLead(signal)) ?? this.#changedMeanwhile();
    } catch (error) {
      if (signal.aborted) throw error;
      this.#report(error);
      return this.#changedMeanwhile();
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #adoptOrLead(signal: AbortSignal): Promise<Ended | undefined> {
    const adopted = await this.#look(undefined);
    if (adopted !== undefined || this.#isForced()) return adopted;
    const { connection, lock } = this.#opened();
    if (this.#store.engine.lock === undefined || connection.isSkipped('writes')) return undefined;
    if (await lock.acquire(undefined)) return undefined;
    return this.#mayDefer() ? this.#defer() : this.#follow(signal);
  }

  /** Reads the record, and adopts it if it is better than what is cached. `undefined`: it is not. */
  async #look(limitMs: number | undefined): Promise<Ended | undefined> {
    const { context } = this.#run;
    const { memory, connection } = this.#opened();
    const moment = momentOf(this.#clock);
    const found = await connection.operate('get', limitMs, (engine, options) =>
      engine.get(this.#name, options),
    );
    if (found === undefined || found === null) return this.#miss();
    const { record, ttlMs } = found;
    const isReadable = typeof record === 'string' && record.length <= MAX_RECORD_LENGTH;
    const opened = isReadable ? await this.#store.decrypt(memory.derived, this.#name, record) : undefined;
    const readAt = { moment, ttlMs, clock: this.#clock };
    const candidate = opened && candidateOf(context, this.#recordKey, opened, readAt);
    if (candidate !== undefined) return this.#adopt(candidate, record);
    if (!this.#isMissed) context.emit({ type: 'store', outcome: 'unreadable' });
    this.#isMissed = true;
    return undefined;
  }

  /** Nothing is awaited between the checks and the change. */
  async #adopt(candidate: Candidate<C>, text: string): Promise<Ended | undefined> {
    const { context, refresh, key } = this.#run;
    const { cache, emit } = context;
    const entry = this.#entry();
    if (this.#isForced()) return undefined;
    const changed = this.#changedMeanwhile();
    if (changed !== undefined) return changed;
    const cached = adoptable(context, refresh, entry, candidate);
    if (cached !== undefined) {
      entry.cached = cached;
      entry.invalidated = false;
      entry.lastError = undefined;
      entry.deferred = undefined;
      entry.backoffs.clear();
      keepEntry(cache, key, entry, () => emit({ type: 'evicted' }));
      emit({ type: 'store', outcome: 'hit' });
      return { kind: 'adopted' };
    }
    if (isRefused(entry, candidate)) await this.#delete(text);
    return this.#miss();
  }

  /** A service refused this credential: other instances need not adopt it. */
  async #delete(text: string): Promise<void> {
    const { connection } = this.#opened();
    if (connection.isSkipped('writes')) return;
    await connection.operate('delete', undefined, (engine, options) =>
      engine.delete(this.#name, text, options),
    );
    this.#run.context.emit({ type: 'store', outcome: 'deleted' });
  }

  /** The cached credential is good: no caller waits for the other instance. */
  #defer(): Ended | undefined {
    const { context } = this.#run;
    const { clock, random, emit } = context;
    const entry = this.#entry();
    const first = entry.deferred?.first ?? momentOf(clock);
    if (since(first, clock) >= MAX_DEFER_MS) return undefined;
    entry.deferred = { first, since: momentOf(clock), delayMs: DEFER_MS * (1 + random()) };
    emit({ type: 'store', outcome: 'deferred' });
    return { kind: 'deferred' };
  }

  #mayDefer(): boolean {
    const { context, refresh } = this.#run;
    const { cached, invalidated } = this.#entry();
    if (context.cache.profile === 'aws-sdk' || cached === undefined || invalidated || refresh.urgent)
      return false;
    const age = since(cached.received, context.clock);
    const { mustAge, lifetimeMs } = cached.schedule;
    return age < mustAge && lifetimeMs - age >= demandOf(context, lifetimeMs, refresh.minValidityMs);
  }

  /** Waits for the record of the instance that leads; leads itself if that one failed, or takes too long. */
  async #follow(signal: AbortSignal): Promise<Ended | undefined> {
    const { timeoutMs } = this.#run.context;
    const waitMs = Math.min(this.#store.waitForLeaderMs, timeoutMs / 4, this.#run.leftMs / 4);
    if (waitMs <= 0) return undefined;
    const first = await this.#wait(waitMs, signal);
    if (first !== 'waited') return first;
    if (this.#store.engine.takeOver === undefined || (await this.#opened().lock.takeOver())) return undefined;
    const second = await this.#wait(waitMs, signal);
    return second === 'waited' ? undefined : second;
  }

  /** `undefined`: this instance exchanges. */
  async #wait(waitMs: number, signal: AbortSignal): Promise<Ended | undefined | 'waited'> {
    const { random } = this.#run.context;
    const started = momentOf(this.#clock);
    for (let looks = 2; ; looks++) {
      const leftMs = waitMs - since(started, this.#clock);
      if (leftMs <= 0) return 'waited';
      await sleep(this.#clock, Math.min(LOOK_MS * looks * (0.5 + random()), leftMs), signal);
      if (this.#isForced()) return undefined;
      // In one tick as well. The lock of an instance that adopts is released when the refresh has settled.
      const [ended, isLeader] = await Promise.all([
        this.#look(FOLLOW_LIMIT_MS),
        this.#opened().lock.acquire(FOLLOW_LIMIT_MS),
      ]);
      if (ended !== undefined || isLeader || this.#isForced()) return ended;
    }
  }

  async #publish(outcome: RefreshOutcome): Promise<boolean> {
    const { context, key } = this.#run;
    const { connection, memory } = this.#opened();
    const issued = this.#exchanged;
    if (outcome.kind !== 'issued' || issued === undefined) return false;
    const entry = findEntry(context.cache.state, key);
    const cached = entry?.cached;
    // Only what this process itself serves from now on.
    if (cached === undefined || entry?.invalidated === true || cached.credential !== outcome.credential)
      return false;
    const { lifetimeMs, mustAge } = cached.schedule;
    const { refreshAt } = issued.issued;
    const record = {
      key: this.#recordKey,
      provider: context.provider,
      issuedAt: cached.issuedAt,
      lifetimeMs,
      ...(refreshAt === undefined ? {} : { hintAge: refreshAt - cached.received.wall }),
      credential: cached.credential,
    };
    if (connection.isSkipped('writes')) return false;
    const text = await this.#store.encrypt(memory.derived, this.#name, record, cached.issuedAt + mustAge);
    const ttlMs = Math.floor(mustAge - since(cached.received, context.clock));
    if (text.length > MAX_RECORD_LENGTH || ttlMs < LEAST_TTL_MS) return false;
    await connection.operate('set', undefined, (engine, options) =>
      engine.set(this.#name, text, ttlMs, options),
    );
    context.emit({ type: 'store', outcome: 'written' });
    return true;
  }

  /** A caller wants a credential that is exchanged after its call. */
  #isForced(): boolean {
    return this.#run.refresh.skipStore;
  }

  /** An invalidation, a newer result or a freeze since the start of the refresh: its callers look at the cache again. */
  #changedMeanwhile(): Ended | undefined {
    const { context, refresh } = this.#run;
    if (since(refresh.started, context.clock) >= refresh.maxAgeMs) return { kind: 'abandoned' };
    const entry = this.#entry();
    const isOvertaken = refresh.sequence < (entry.cached?.ordinarySequence ?? 0) && !refresh.skipStore;
    return isOutdated(refresh, entry) || isOvertaken ? { kind: 'deferred' } : undefined;
  }

  /** No record, or none that is better. Reported once for a refresh. */
  #miss(): undefined {
    if (!this.#isMissed) this.#run.context.emit({ type: 'store', outcome: 'miss' });
    this.#isMissed = true;
  }

  /** `undefined`: it failed, which is reported. */
  async #handled<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  /** Failed operations were reported where they failed. What else is thrown names no text: it may hold a record. */
  #report(error: unknown): void {
    if (!(error instanceof StoreUnavailable)) this.#run.context.emit({ type: 'store', outcome: 'failed' });
  }

  #entry(): CacheEntry {
    return findEntry(this.#run.context.cache.state, this.#run.key) ?? this.#run.refresh.entry;
  }

  #opened(): OpenStore {
    return this.#open as OpenStore;
  }
}
