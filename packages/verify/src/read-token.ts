/** Parses a token into its header and claims, before a key is looked up. The result is not verified. */

import { base64url } from 'jose';
import type { VercelTokenClaims } from './contract.js';
import { checkClaims } from './check-claims.js';
import { checkHeader } from './check-header.js';
import { otherTokenKind } from './issuers.js';
import { refusal } from './refuse.js';
import { parseStrictObject } from './strict-json.js';

/** Longer than any token that Vercel issues, and short enough to decode quickly. */
export const MAX_TOKEN_LENGTH = 16_384;

/** base64url without padding (RFC 7515, section 2). */
const ALPHABET = /^[A-Za-z0-9_-]*$/;
/** The allowed last characters if 4 or 2 of their bits are unused: these bits must be zero. */
const LAST_OF_TWO = /[AQgw]$/;
const LAST_OF_THREE = /[AEIMQUYcgkosw048]$/;

// The byte order mark is kept, so that JSON.parse refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A parsed token. Unverified. */
export interface ReadToken {
  readonly alg: string;
  readonly kid: string;
  readonly claims: VercelTokenClaims;
}

/**
 * Parses a compact JWS (RFC 7515, section 7.1) and checks that header and claims have the shape that Vercel issues.
 *
 * @throws TokenVerificationError `no_token`, `malformed_token`, `algorithm_not_allowed`, `wrong_token_kind`,
 * `invalid_claims`.
 */
export function readToken(token: unknown, algorithms: ReadonlySet<string>): ReadToken {
  if (token === undefined || token === null || token === '') throw refusal('no_token', 'There is no token.');
  if (typeof token !== 'string') throw malformed('it is not a string');
  if (token.length > MAX_TOKEN_LENGTH) throw malformed(`it is longer than ${MAX_TOKEN_LENGTH} characters`);
  const parts = token.split('.', 6);
  if (parts.length === 5) throw malformed('it is encrypted (a JWE); Vercel never encrypts tokens');
  if (parts.length !== 3) throw malformed('it does not have three parts');
  const [header, payload, signature] = parts as [string, string, string];
  if (header === '' || payload === '') throw malformed('its header or its payload is empty');
  if (!parts.every(isCanonicalBase64url)) throw malformed('its parts are not canonical base64url');

  const joseHeader = decodePart('header', header);
  const raw = decodePart('payload', payload);
  // Check this first: such a token may have another algorithm or type, and adding that to `algorithms` would be wrong.
  const other = otherTokenKind(raw['iss']);
  if (other !== undefined)
    throw refusal('wrong_token_kind', `The token is a ${other} token; these are never accepted.`, {
      claims: raw,
    });
  const { alg, kid } = checkHeader(joseHeader, algorithms, raw);
  // Check this after the algorithm: for a token without a signature, `none` is the more useful error.
  if (signature === '') throw malformed('its signature is empty');
  return { alg, kid, claims: checkClaims(raw) };
}

/**
 * True if the text is the canonical encoding of its bytes. Without this check, a signature has up to 16 spellings that all
 * verify, and a list of revoked tokens could be bypassed (RFC 4648, section 3.5).
 */
function isCanonicalBase64url(text: string): boolean {
  if (!ALPHABET.test(text)) return false;
  const rest = text.length % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  return (rest === 2 ? LAST_OF_TWO : LAST_OF_THREE).test(text);
}

function decodePart(what: string, part: string): Record<string, unknown> {
  try {
    return parseStrictObject(decoder.decode(base64url.decode(part)));
  } catch (error) {
    // The message of the JavaScript engine quotes the token; only our own messages are shown.
    const why = error instanceof SyntaxError && error.message.startsWith('it ') ? `: ${error.message}` : '';
    throw malformed(`its ${what} is not unambiguous JSON${why}`);
  }
}

function malformed(why: string): Error {
  return refusal('malformed_token', `The token does not have the form of a Vercel token: ${why}.`);
}
