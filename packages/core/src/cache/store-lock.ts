/** The lock of one record: one instance leads and exchanges, the others follow. It saves exchanges and guards nothing. */

import type { StoreConnection } from './store-connection.js';

/** An operation while following: as long as all others of a refresh together. */
export const FOLLOW_LIMIT_MS = 150;

export class StoreLock {
  readonly #connection: StoreConnection;
  readonly #name: string;
  readonly #ttlMs: number;
  /** The lock's value while this instance leads. */
  #token: string | undefined;
  /** The value of the lock of another instance, when it was first read. */
  #seen: string | undefined;

  constructor(connection: StoreConnection, recordName: string, ttlMs: number) {
    this.#connection = connection;
    this.#name = `${recordName}:lock`;
    this.#ttlMs = ttlMs;
  }

  /** Whether this instance leads from now on. */
  async acquire(limitMs: number | undefined): Promise<boolean> {
    const token = randomToken();
    // In one tick, so that they travel together.
    const [isLeader, found] = await Promise.all([
      this.#connection.operate('lock', limitMs, (engine, options) =>
        engine.lock(this.#name, token, this.#ttlMs, options),
      ),
      this.#seen ??
        this.#connection.operate('get', limitMs, (engine, options) => engine.get(this.#name, options)),
    ]);
    if (isLeader === true) this.#token = token;
    else if (typeof found === 'object' && found !== null) this.#seen = found.record;
    return isLeader === true;
  }

  /** Leads in place of the instance whose lock was seen first, unless another one does by now. */
  async takeOver(): Promise<boolean> {
    const seen = this.#seen;
    if (seen === undefined) return false;
    const token = randomToken();
    const isLeader = await this.#connection.operate('takeOver', FOLLOW_LIMIT_MS, (engine, options) =>
      engine.takeOver(this.#name, seen, token, this.#ttlMs, options),
    );
    if (isLeader === true) this.#token = token;
    return isLeader === true;
  }

  /** After a success the lock ends by itself: the record answers whoever looks. */
  async release(): Promise<void> {
    const token = this.#token;
    if (token === undefined) return;
    await this.#connection.operate('unlock', undefined, async (engine, options) => {
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
