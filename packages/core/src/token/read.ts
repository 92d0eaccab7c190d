/** Reading a subject token without verifying it: only a cloud, or `@credex/verify`, says that it is genuine. */

import type {
  Subject,
  SubjectClaims,
  SubjectToken,
  SubjectTokenRequest,
  TokenSourceDescription,
} from '../contract.js';
import { isFederationError, OptionError } from '../errors.js';
import { deepFreeze, ownCopy, parseJsonObject } from '../own.js';
import { loadOnce } from '../runtime/load-once.js';

/** Loaded with the first failure. */
const loadErrors = /* @__PURE__ */ loadOnce(() => import('./source-error.js'));

/** Much longer than any subject token. A longer one is refused before it is decoded. */
const MAX_TOKEN_LENGTH = 16_384;
/** A source that says nothing about itself. */
export const UNNAMED_SOURCE: TokenSourceDescription = Object.freeze({ name: 'token-source' });

/** The latest moment that a `Date` can name. */
const LATEST_SECONDS = 8.64e12;

/** A decoded token, or why it can't be read. */
export type DecodedToken =
  | { readonly token: SubjectToken; readonly fault?: undefined }
  | { readonly token?: undefined; readonly fault: string };

/** Splits and decodes a JWT (RFC 7519). The token and its claims are frozen at any depth. */
export function decodeSubjectToken(jwt: unknown): DecodedToken {
  if (typeof jwt !== 'string' || jwt === '') return { fault: 'it is not a string' };
  const trimmed = jwt.trim();
  if (trimmed.length > MAX_TOKEN_LENGTH) return { fault: `it is longer than ${MAX_TOKEN_LENGTH} characters` };
  const parts = trimmed.split('.');
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part)))
    return { fault: 'it does not have three base64url parts' };
  const claims = decodedPart(parts[1] as string);
  if (claims === undefined) return { fault: 'its payload is not the JSON of an object' };
  const { exp, aud } = claims;
  if (typeof exp !== 'number' || !(Math.abs(exp) <= LATEST_SECONDS)) return { fault: 'it has no `exp`' };
  const audiences: unknown = typeof aud === 'string' ? [aud] : (aud ?? []);
  if (!Array.isArray(audiences) || !audiences.every((one) => typeof one === 'string'))
    return { fault: 'its `aud` is neither a string nor a list of strings' };
  for (const name of ['iss', 'sub', 'owner', 'owner_id', 'project', 'project_id', 'environment'] as const)
    if (claims[name] !== undefined && typeof claims[name] !== 'string')
      return { fault: `its \`${name}\` is not a string` };
  // One token is remembered for many callers: what one of them writes on its claims must move no identity.
  const token = { jwt: trimmed, claims: deepFreeze(claims) as SubjectClaims, expiresAt: exp * 1000 };
  return { token: Object.freeze(token) };
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
      throw (await loadErrors()).unreadableToken('the source returned no SubjectToken');
    return Object.getPrototypeOf(claims) === null ? token : { ...token, claims: ownCopy(claims) };
  } catch (error) {
    if (OptionError.isInstance(error)) throw error;
    // The abort's own reason says why.
    if (wanted.signal.aborted && !isFederationError(error)) throw wanted.signal.reason;
    const { tokenSourceError } = await loadErrors();
    throw await tokenSourceError(error, about);
  }
}

function decodedPart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return parseJsonObject(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
