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
import { invalidOption, unknownOption } from '../options/assert.js';

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

// `expect`: refuse to exchange any token but that of one project, environment or team.

/** Each member that is set must equal the token's claim. Ids survive a rename; names don't. */
export interface Expectation {
  /** `prj_…`: the claim `project_id`. */
  readonly projectId?: string | undefined;
  /** `team_…`: the claim `owner_id`. */
  readonly ownerId?: string | undefined;
  /** `production`, `preview`, `development` or a custom environment's slug: the claim `environment`. */
  readonly environment?: string | undefined;
  /** The project's name: the claim `project`. */
  readonly project?: string | undefined;
  /** The team's slug: the claim `owner`. */
  readonly owner?: string | undefined;
}

const CLAIM_OF = {
  projectId: 'project_id',
  ownerId: 'owner_id',
  environment: 'environment',
  project: 'project',
  owner: 'owner',
} as const satisfies Record<keyof Expectation, keyof SubjectClaims>;

const MEMBERS = Object.keys(CLAIM_OF) as readonly (keyof Expectation)[];

/** The option as plain data with known members only; `undefined` where nothing is expected. */
export function normalizeExpectation(value: unknown): Expectation | undefined {
  if (value === undefined) return undefined;
  const says = `an object of ${MEMBERS.join(', ')}, at least one of them`;
  if (typeof value !== 'object' || value === null) throw invalidOption({ option: 'expect' }, says, value);
  const given = Object.entries(value).filter(([, wanted]) => wanted !== undefined);
  if (given.length === 0) throw invalidOption({ option: 'expect' }, says, value);
  for (const [member, wanted] of given) {
    if (!(MEMBERS as readonly string[]).includes(member))
      throw unknownOption('`expect`', member, MEMBERS, undefined, 'expect.');
    if (typeof wanted !== 'string' || wanted === '') {
      throw invalidOption({ option: `expect.${member}` }, 'a string that is not empty', wanted);
    }
  }
  return Object.freeze(ownCopy(Object.fromEntries(given))) as Expectation;
}

/** Whether the claims of a token are those that are expected. */
export function isExpected(
  expectation: Expectation | undefined,
  claims: SubjectClaims,
  { sharedIssuers = [] }: TokenSourceDescription,
): boolean {
  if (expectation === undefined) return true;
  if (isNameOnly(expectation) && sharedIssuers.includes(claims.iss ?? '')) return false;
  return unexpectedMembers(expectation, claims).length === 0;
}

/**
 * Compares a token's claims with the expectation, before any cloud is called.
 * @throws FederationError `subject_mismatch`
 */
export async function assertExpected(
  expectation: Expectation | undefined,
  claims: SubjectClaims,
  about: TokenSourceDescription,
): Promise<void> {
  if (expectation === undefined || isExpected(expectation, claims, about)) return;
  const { subjectMismatch } = await loadErrors();
  throw await subjectMismatch(expectation, claims, about);
}

/** True for an expectation without an id: names can be reused. */
export function isNameOnly({ projectId, ownerId }: Expectation): boolean {
  return projectId === undefined && ownerId === undefined;
}

/** The members that differ from the token's claims, with the claims that they stand for. */
export function unexpectedMembers(
  expectation: Expectation,
  claims: SubjectClaims,
): (readonly [member: keyof Expectation, claim: unknown])[] {
  return MEMBERS.filter((member) => expectation[member] !== undefined)
    .map((member) => [member, claims[CLAIM_OF[member]]] as const)
    .filter(([member, claim]) => claim !== expectation[member]);
}
