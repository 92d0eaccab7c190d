/** Decoding a token costs tens of microseconds, and the same one comes back for up to 90 minutes. */

import type { SubjectToken } from '../contract.js';
import { readSubjectToken } from '../token/read.js';
import { processWideCache } from './cache.js';

/** More than one: several apps may share a process, and a token may change while an exchange is in flight. */
const REMEMBERED = 64;

/**
 * As `readSubjectToken`, remembering the last ones for the process: a source lives as briefly as the call that
 * made it.
 * @throws FederationError `invalid_subject_token`
 */
export function rememberedSubjectToken(jwt: string): SubjectToken {
  const { tokens } = processWideCache().state;
  const known = tokens.get(jwt);
  if (known !== undefined) return known;
  const token = readSubjectToken(jwt);
  if (tokens.size >= REMEMBERED) tokens.delete(tokens.keys().next().value as string);
  tokens.set(jwt, token);
  return token;
}

/** More than one: a test or a server may change the variables that name the identity. */
const MAX_IDENTITIES = 16;
/** Vercel's tokens live 12 hours at most. A token that claims more must not outlast the ones that are renewed. */
const MAX_LIFETIME_MS = 86_400_000;

/** Remembers a token that a request brought, for work that runs outside of any request, unless a later one is known. */
export function rememberNewest(identity: string, token: SubjectToken, now: number): void {
  const { newestTokens } = processWideCache().state;
  const { expiresAt } = token;
  const known = newestTokens.get(identity)?.expiresAt ?? 0;
  if (expiresAt <= known || expiresAt > now + MAX_LIFETIME_MS) return;
  if (newestTokens.size >= MAX_IDENTITIES) newestTokens.clear();
  newestTokens.set(identity, token);
}

export const newestToken = (identity: string): SubjectToken | undefined =>
  processWideCache().state.newestTokens.get(identity);
