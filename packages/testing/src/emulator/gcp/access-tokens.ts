/** The access tokens that were issued: kept by their hash, so that nothing of the emulator's state is a secret. */
import { createHash } from 'node:crypto';
import type { EmulatorRuntime } from '../service.js';
import type { Principal } from './principal.js';

export interface Grant {
  readonly principal: Principal;
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** More than any test issues; a soak test must not grow without end. */
const KEPT = 100_000;

export class AccessTokens {
  readonly #runtime: EmulatorRuntime;
  readonly #grants = new Map<string, Grant>();

  constructor(runtime: EmulatorRuntime) {
    this.#runtime = runtime;
  }

  /** Opaque, and as long as Google's, which have about a thousand characters where they are federated. */
  issue(grant: Grant): string {
    const [prefix, bytes] = grant.principal.kind === 'federated' ? ['ya29.d.', 720] : ['ya29.c.', 760];
    const seed = this.#runtime.randomHex(32);
    const token = `${prefix}${createHash('shake256', { outputLength: bytes }).update(seed).digest('base64url')}`;
    const oldest = this.#grants.size < KEPT ? undefined : this.#grants.keys().next().value;
    if (oldest !== undefined) this.#grants.delete(oldest);
    this.#grants.set(digest(token), grant);
    return token;
  }

  /** Also those that have expired: Google tells the two apart. */
  find(token: string): Grant | undefined {
    return this.#grants.get(digest(token));
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
