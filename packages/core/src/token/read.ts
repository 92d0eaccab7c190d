/** Reading a subject token without verifying it: only a cloud, or `@credex/verify`, says that it is genuine. */

import type { Subject, SubjectClaims, SubjectToken, SubjectTokenRequest } from '../contract.js';
import { FederationError, loadFailureHint, OptionError } from '../errors.js';
import { deepFreeze, ownCopy, parseJson } from '../own.js';

/** Longer than any token Vercel issues; a longer one is refused before it is decoded. */
const MAX_TOKEN_LENGTH = 16_384;
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
 * Asks a subject for its token. What a source of the user's own throws is turned into an error of ours, scrubbed.
 * @throws FederationError
 */
export async function subjectTokenOf(subject: Subject, wanted: SubjectTokenRequest): Promise<SubjectToken> {
  let token: SubjectToken | undefined;
  try {
    token = await subject.token(wanted);
  } catch (error) {
    if (FederationError.isInstance(error) || OptionError.isInstance(error)) throw error;
    // Whoever stopped the reading knows why.
    if (wanted.signal.aborted) throw wanted.signal.reason;
    throw new FederationError({
      code: 'no_subject_token',
      provider: 'vercel',
      message: 'The token source failed.',
      hint: loadFailureHint(error),
      cause: error,
    });
  }
  const { jwt, claims } = (token ?? {}) as Partial<SubjectToken>;
  // Tokens of ours have claims that inherit nothing; a source of the user's own may have made them otherwise.
  if (typeof jwt === 'string' && typeof claims === 'object' && claims !== null)
    return Object.getPrototypeOf(claims) === null ? token : { ...token, claims: ownCopy(claims) };
  throw unreadable('the token source gave none; `readSubjectToken` makes one of a string');
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
    provider: 'vercel',
    message: `The subject token is not a readable JWT: ${why}.`,
    hint: 'Pass the value of the x-vercel-oidc-token header or of VERCEL_OIDC_TOKEN as it is; locally, run `vercel env pull` again.',
  });
}
