/** Reading a subject token without verifying it: only a cloud, or `@credex/verify`, says that it is genuine. */

import type {
  Subject,
  SubjectClaims,
  SubjectToken,
  SubjectTokenRequest,
  TokenSourceDescription,
} from '../contract.js';
import { FederationError, OptionError } from '../errors.js';
import { deepFreeze, ownCopy, parseJson } from '../own.js';

/** Much longer than any subject token. A longer one is refused before it is decoded. */
const MAX_TOKEN_LENGTH = 16_384;
/** A source that says nothing about itself. */
export const UNNAMED_SOURCE: TokenSourceDescription = Object.freeze({ name: 'token-source' });

/** The latest moment that a `Date` can name. */
const LATEST_SECONDS = 8.64e12;

/**
 * Splits and decodes a JWT (RFC 7519). The token and its claims are frozen at any depth.
 * @throws FederationError `invalid_subject_token` where it isn't one, or has no numeric `exp`.
 */
export function readSubjectToken(jwt: unknown): SubjectToken {
  if (typeof jwt !== 'string' || jwt === '') throw unreadable('it is not a string');
  const trimmed = jwt.trim();
  if (trimmed.length > MAX_TOKEN_LENGTH) throw unreadable(`it is longer than ${MAX_TOKEN_LENGTH} characters`);
  const parts = trimmed.split('.');
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) {
    throw unreadable('it does not have three base64url parts');
  }
  const claims = decodePart(parts[1] as string);
  const { exp, aud } = claims;
  if (typeof exp !== 'number' || !(Math.abs(exp) <= LATEST_SECONDS)) throw unreadable('it has no `exp`');
  const audiences: unknown = typeof aud === 'string' ? [aud] : (aud ?? []);
  if (!Array.isArray(audiences) || !audiences.every((one) => typeof one === 'string'))
    throw unreadable('its `aud` is neither a string nor a list of strings');
  for (const name of ['iss', 'sub', 'owner', 'owner_id', 'project', 'project_id', 'environment'] as const) {
    if (claims[name] !== undefined && typeof claims[name] !== 'string')
      throw unreadable(`its \`${name}\` is not a string`);
  }
  // One token is remembered for many callers: what one of them writes on its claims must move no identity.
  return Object.freeze({
    jwt: trimmed,
    claims: deepFreeze(claims) as SubjectClaims,
    expiresAt: exp * 1000,
  });
}

/**
 * Requests the token of a subject. The error of a user's source becomes a FederationError without secrets.
 * @throws FederationError
 */
export async function subjectTokenOf(
  subject: Subject,
  wanted: SubjectTokenRequest,
  about: TokenSourceDescription,
): Promise<SubjectToken> {
  try {
    const token = await subject.token(wanted);
    const { jwt, claims } = ((token as SubjectToken | undefined) ?? {}) as Partial<SubjectToken>;
    // Tokens of credex have claims that inherit nothing; a user's source may have made others.
    if (typeof jwt !== 'string' || typeof claims !== 'object' || claims === null)
      throw unreadable('the source returned no SubjectToken');
    return Object.getPrototypeOf(claims) === null ? token : { ...token, claims: ownCopy(claims) };
  } catch (error) {
    if (OptionError.isInstance(error)) throw error;
    // The abort's own reason says why.
    if (wanted.signal.aborted && !FederationError.isInstance(error)) throw wanted.signal.reason;
    // Loaded with the first failure.
    const { tokenSourceError } = await import('./source-error.js');
    throw await tokenSourceError(error, about);
  }
}

function decodePart(part: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    parsed = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw unreadable('its payload is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw unreadable('its payload is not an object');
  return parsed as Record<string, unknown>;
}

function unreadable(why: string): FederationError {
  return new FederationError({
    code: 'invalid_subject_token',
    provider: UNNAMED_SOURCE.name,
    message: `The subject token is not a readable JWT: ${why}.`,
  });
}
