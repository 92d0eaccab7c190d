/** Parses a token into its header and claims, before a key is looked up. The result is not verified. */

import { decodeText, isCanonicalBase64url } from './base64url.js';
import type { VercelTokenClaims } from './contract.js';
import { checkClaims } from './check-claims.js';
import { checkHeader } from './check-header.js';
import { otherTokenKind } from './issuers.js';
import { refusal } from './refuse.js';
import { parseStrictObject } from './strict-json.js';

/** Longer than any token that Vercel issues, and short enough to decode quickly. */
export const MAX_TOKEN_LENGTH = 16_384;

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

function decodePart(what: string, part: string): Record<string, unknown> {
  try {
    return parseStrictObject(decodeText(part));
  } catch (error) {
    // The message of the JavaScript engine quotes the token; only our own messages are shown.
    const why = error instanceof SyntaxError && error.message.startsWith('it ') ? `: ${error.message}` : '';
    throw malformed(`its ${what} is not unambiguous JSON${why}`);
  }
}

function malformed(why: string): Error {
  return refusal('malformed_token', `The token does not have the form of a Vercel token: ${why}.`);
}
