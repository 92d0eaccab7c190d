/**
 * Remembers tokens whose signature was checked, because clients send the same token until it expires. The key is the
 * digest of the whole token as it was sent, never its claims or a part of it: two tokens that differ in one bit, in padding
 * or in white space are different tokens (a cache with a weaker key caused CVE-2026-35039).
 */

import type { ReadToken } from './read-token.js';
import type { VerificationKey } from './read-keys.js';
import type { KeySet } from './key-set.js';

export interface VerifiedToken extends ReadToken {
  /** The entry is valid only while the key set of its issuer returns this key. */
  readonly key: VerificationKey;
  readonly keySet: KeySet;
}

export interface VerifiedTokens {
  /** Removes the token if its key is no longer published or it has expired. */
  get(digest: string, nowMs: number): VerifiedToken | undefined;
  add(digest: string, token: VerifiedToken, nowMs: number): void;
}

const SWEEP_MS = 60_000;

/**
 * @param size the maximum number of tokens; the least recently used one is evicted
 * @param toleranceMs how long an expired token is still accepted
 */
export function createVerifiedTokens(size: number, toleranceMs: number): VerifiedTokens {
  const tokens = new Map<string, VerifiedToken>();
  let sweptAt = Number.NEGATIVE_INFINITY;
  const isExpired = ({ claims }: VerifiedToken, nowMs: number): boolean =>
    nowMs >= claims.exp * 1000 + toleranceMs;

  return {
    get(digest, nowMs) {
      const token = tokens.get(digest);
      if (token === undefined) return undefined;
      tokens.delete(digest);
      if (isExpired(token, nowMs) || token.keySet.cached(token.kid) !== token.key) return undefined;
      // Mark it as the most recently used one.
      tokens.set(digest, token);
      return token;
    },
    add(digest, token, nowMs) {
      if (Math.abs(nowMs - sweptAt) >= SWEEP_MS) {
        sweptAt = nowMs;
        for (const [old, entry] of tokens) if (isExpired(entry, nowMs)) tokens.delete(old);
      }
      tokens.set(digest, token);
      if (tokens.size > size) tokens.delete(tokens.keys().next().value as string);
    },
  };
}
