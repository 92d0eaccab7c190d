/** The lock of one record: one instance leads and exchanges, the others follow. It saves exchanges and guards nothing. */

import type { CredentialStore, StoreOperation } from '../store-contract.js';
import type { StoreConnection } from './store-connection.js';

/** An operation while following: as long as all others of a refresh together. */
export const FOLLOW_LIMIT_MS = 150;

type Take = (engine: Required<CredentialStore>, token: string, options: StoreOperation) => Promise<boolean>;

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
