/** What a visitor pastes: a token, or its claims as JSON. Nothing of it is kept. */

import type { TokenClaims } from '@credex/explain';

export class TokenTextError extends Error {}

const SEGMENT = /^[\w-]+={0,2}$/;

function decoded(segment: string): string {
  const base64 = segment.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

/** @throws TokenTextError that says what to paste instead */
export function readToken(text: string): TokenClaims {
  const trimmed = text.trim().replace(/^Bearer\s+/i, '');
  if (trimmed === '') throw new TokenTextError('Paste a token, or its claims as JSON.');
  const segments = trimmed.split('.');
  const isToken = segments.length === 3 && segments.every((segment) => SEGMENT.test(segment));
  let claims: unknown;
  try {
    claims = JSON.parse(isToken ? decoded(segments[1] ?? '') : trimmed);
  } catch {
    throw new TokenTextError(
      isToken
        ? 'The middle part of this token is not JSON. Paste the whole token, unchanged.'
        : 'This is neither a token (three parts with dots between them) nor JSON.',
    );
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new TokenTextError('The claims of a token are a JSON object, such as { "iss": "…", "sub": "…" }.');
  return claims as TokenClaims;
}
