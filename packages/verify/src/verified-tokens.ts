/**
 * Signatures that were checked: a token comes back for as long as it lives, and its signature does not change. Found
 * by the digest of the whole token as it was presented, never by claims or a part of it: two tokens that differ in
 * one bit, in padding or in white space are two tokens (a cache by a weaker key is how CVE-2026-35039 came about).
 */

import type { ReadToken } from './read-token.js';
import type { VerificationKey } from './read-keys.js';
import type { KeySet } from './key-set.js';

export interface VerifiedToken extends ReadToken {
  /** Holds only as long as its issuer's set gives out this very key. */
  readonly key: VerificationKey;
  readonly keySet: KeySet;
}

export interface VerifiedTokens {
  /** Forgets it where its key is no longer published or it has ended. */
  get(digest: string, nowMs: number): VerifiedToken | undefined;
  add(digest: string, token: VerifiedToken, nowMs: number): void;
}

const SWEEP_MS = 60_000;

/**
 * @param size how many at most; the one that was not asked for the longest goes first
 * @param toleranceMs how long after its end a token may still pass
 */
export function createVerifiedTokens(size: number, toleranceMs: number): VerifiedTokens {
  const tokens = new Map<string, VerifiedToken>();
  let sweptAt = Number.NEGATIVE_INFINITY;
  const isOver = ({ claims }: VerifiedToken, nowMs: number): boolean =>
    nowMs >= claims.exp * 1000 + toleranceMs;

  return {
    get(digest, nowMs) {
      const token = tokens.get(digest);
      if (token === undefined) return undefined;
      tokens.delete(digest);
      if (isOver(token, nowMs) || token.keySet.held(token.kid) !== token.key) return undefined;
      // Back at the end of the line.
      tokens.set(digest, token);
      return token;
    },
    add(digest, token, nowMs) {
      if (Math.abs(nowMs - sweptAt) >= SWEEP_MS) {
        sweptAt = nowMs;
        for (const [old, held] of tokens) if (isOver(held, nowMs)) tokens.delete(old);
      }
      tokens.set(digest, token);
      if (tokens.size > size) tokens.delete(tokens.keys().next().value as string);
    },
  };
}
