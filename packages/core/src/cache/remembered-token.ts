/** Decoding a token costs tens of microseconds, and the same one comes back for up to 90 minutes. */

import type { SubjectToken } from '../contract.js';
import type { DecodedToken } from '../token/read.js';
import { decodeSubjectToken } from '../token/read.js';
import { processWideCache } from './cache.js';

/** More than one: several apps may share a process, and a token may change while an exchange is in flight. */
const REMEMBERED = 64;

/** Remembers the last ones for the process: a source lives as briefly as the call that made it. */
export function rememberedToken(jwt: string): DecodedToken {
  const { tokens } = processWideCache().state;
  const known = tokens.get(jwt);
  if (known !== undefined) return { token: known };
  const decoded = decodeSubjectToken(jwt);
  const { token } = decoded;
  if (token === undefined) return decoded;
  if (tokens.size >= REMEMBERED) tokens.delete(tokens.keys().next().value as string);
  tokens.set(jwt, token);
  return decoded;
}

/** Vercel's tokens live 12 hours at most. One that claims more must not outlast those that follow it. */
const MAX_LIFETIME_MS = 86_400_000;

/** Remembers the token of the platform's identity that ends last, for work that runs outside of any request. */
export function rememberNewest(identity: string, token: SubjectToken, now: number): void {
  const known = newestToken(identity)?.expiresAt ?? now;
  if (token.expiresAt > known && token.expiresAt < now + MAX_LIFETIME_MS)
    processWideCache().state.newestToken = { identity, token };
}

export function newestToken(identity: string): SubjectToken | undefined {
  const newest = processWideCache().state.newestToken;
  return newest?.identity === identity ? newest.token : undefined;
}
