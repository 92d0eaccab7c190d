/** Parses a token into its header and claims, before a key is looked up. The result is not verified. */

import { base64url } from 'jose';
import type { VercelTokenClaims } from './contract.js';
import { otherTokenKind } from './issuers.js';
import { refusal } from './errors.js';
import { parseJson } from '@credex/core/internal';

// Checks that the claims of a Vercel token are complete, have the right types, and agree with each other.

const TEXTS = ['iss', 'sub', 'owner', 'owner_id', 'project', 'project_id', 'environment'] as const;

/** The largest number of seconds that a `Date` can represent. */
const LATEST_SECONDS = 8.64e12;

/** Development tokens have the longest lifetime, 12 hours. Both times are the issuer's, so no tolerance is needed. */
const MAX_LIFETIME_SECONDS = 24 * 3600;

/**
 * `nbf` may be missing: the example in Vercel's own documentation misspells it.
 *
 * @returns the claims, deeply frozen, because many callers receive the claims of a remembered token
 * @throws TokenVerificationError `invalid_claims`
 */
function checkClaims(raw: Readonly<Record<string, unknown>>): VercelTokenClaims {
  const invalid = (why: string): Error =>
    refusal('invalid_claims', `The token's claims are not those of a Vercel token: ${why}.`, { claims: raw });

  for (const name of TEXTS) if (!isText(raw[name])) throw invalid(`\`${name}\` is not a non-empty string`);
  if (!isAudience(raw['aud'])) throw invalid('`aud` is neither a string nor a list of strings');
  for (const name of ['exp', 'iat'] as const)
    if (!isTime(raw[name])) throw invalid(`\`${name}\` is not a time in seconds`);
  if (raw['nbf'] !== undefined && !isTime(raw['nbf'])) throw invalid('`nbf` is not a time in seconds');
  if (raw['user_id'] !== undefined && !isText(raw['user_id'])) throw invalid('`user_id` is not a string');

  const claims = deepFreeze(raw) as unknown as VercelTokenClaims;
  const { sub, owner, project, environment, exp, iat } = claims;
  // `sub` and the single claims must identify the same caller.
  if (sub !== `owner:${owner}:project:${project}:environment:${environment}`)
    throw invalid('`sub` does not agree with `owner`, `project` and `environment`');
  if (exp <= iat) throw invalid('it expires before it is issued');
  if (exp - iat > MAX_LIFETIME_SECONDS) throw invalid('its lifetime is longer than a day');
  return claims;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isTime = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= LATEST_SECONDS;

const isAudience = (value: unknown): boolean =>
  isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

// The JOSE header (RFC 7515, section 4): it selects the key, so it is checked before a key is used.

/**
 * Parameters that contain a key or its URL. A token with one of them is refused: Vercel sets none of them, so such a token is
 * an attack on verifiers that trust it.
 */
const EMBEDDED_KEYS = ['jwk', 'jku', 'x5u', 'x5c'] as const;

/** Parameters that change how a token is parsed: extensions, unencoded or nested payload, compression, encryption. */
const OTHER_FORMATS = ['crit', 'b64', 'cty', 'zip', 'enc'] as const;

/** Vercel uses a thumbprint of 43 characters. It only selects a key of the published set. */
const MAX_KID_LENGTH = 256;

interface CheckedHeader {
  readonly alg: string;
  readonly kid: string;
}

/**
 * @param claims the claims to show in an error
 * @throws TokenVerificationError `malformed_token`, `algorithm_not_allowed`
 */
function checkHeader(
  header: Readonly<Record<string, unknown>>,
  algorithms: ReadonlySet<string>,
  claims: object,
): CheckedHeader {
  const malformed = (why: string): Error =>
    refusal('malformed_token', `The token's header ${why}.`, { claims });
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || alg === '') throw malformed('has no algorithm (`alg`)');
  if (!algorithms.has(alg)) {
    throw refusal(
      'algorithm_not_allowed',
      `The token's algorithm is not among ${[...algorithms].join(', ')}.`,
      { claims },
    );
  }
  for (const name of EMBEDDED_KEYS)
    if (Object.hasOwn(header, name)) throw malformed(`contains a key or its URL (\`${name}\`)`);
  for (const name of OTHER_FORMATS)
    if (Object.hasOwn(header, name))
      throw malformed(`has the parameter \`${name}\`, which Vercel never sets`);
  if (typ !== undefined && !(typeof typ === 'string' && typ.toUpperCase() === 'JWT'))
    throw malformed('has a type (`typ`) other than JWT');
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH)
    throw malformed(`has no key id (\`kid\`) of at most ${MAX_KID_LENGTH} characters`);
  return { alg, kid };
}

// Parses unambiguous JSON (RFC 8259): refuses duplicate members and members named `__proto__`.

/** Vercel uses two levels: the claims and `act`. */
const MAX_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Of two members with the same name, `JSON.parse` uses the last, other parsers use the first (RFC 8259, section 4). One
 * party could check a value that another party does not see.
 *
 * @returns an object; arrays, numbers and strings are refused.
 * @throws SyntaxError
 */
export function parseStrictObject(text: string): Record<string, unknown> {
  const parsed = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new SyntaxError('it is not a JSON object');
  // The parsed value has only one of two members with the same name, at any depth and however it is escaped.
  if (membersWritten(text) !== parsedMembers(parsed, 1)) throw new SyntaxError('it has a duplicate member');
  return parsed as Record<string, unknown>;
}

/** Counts the colons outside strings: one for each member. `text` must be valid JSON. */
function membersWritten(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) count++;
  }
  return count;
}

/** @param start the position of the opening quote */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before--;
  return (at - before) % 2 === 0;
}

function parsedMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) throw new SyntaxError('it is nested too deep');
  // Copying an own member of this name by assignment would set the prototype.
  if (Object.hasOwn(value, '__proto__')) throw new SyntaxError('it has a member named `__proto__`');
  const inner = Object.values(value);
  let count = Array.isArray(value) ? 0 : inner.length;
  for (const one of inner) count += parsedMembers(one, depth + 1);
  return count;
}

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
