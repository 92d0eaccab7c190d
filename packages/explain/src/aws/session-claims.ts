/** What a token requests besides an identity: session tags, a source identity, and the roles that its issuer authorizes. */

import type { RequestedSession } from './session-tags.js';

export interface SessionRequest extends RequestedSession {
  /** Undefined: the token does not say. */
  readonly authorizedRoles: readonly string[] | undefined;
}

type Claims = Readonly<Record<string, unknown>>;

const TAGS = 'https://aws.amazon.com/tags';
const SOURCE_IDENTITY = 'https://aws.amazon.com/source_identity';
export const ROLES = 'https://aws.amazon.com/roles';

const TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const MOST_TAGS = 50;

/** AWS refuses the token (`InvalidIdentityToken`); the message is AWS's. */
export class InvalidSessionClaim extends Error {
  override readonly name = 'InvalidSessionClaim';
  readonly claim: string;

  constructor(claim: string, message: string) {
    super(message);
    this.claim = claim;
  }
}

function invalid(message: string, claim = TAGS): never {
  throw new InvalidSessionClaim(claim, message);
}

/**
 * @throws InvalidSessionClaim
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
 */
export function sessionRequest(claims: Claims): SessionRequest {
  const nested = objectOf(claims[TAGS], 'Session tags passed in claim are not in correct format.');
  const tags = tagsOf(nested, claims);
  const transitiveKeys = transitiveKeysOf(nested, claims);
  if (Object.keys(tags).length > MOST_TAGS) invalid(`Session tags exceed the ${MOST_TAGS}-tag limit.`);
  const named = new Set(Object.keys(tags).map((key) => key.toLowerCase()));
  if (transitiveKeys.some((key) => !named.has(key.toLowerCase())))
    invalid('Transitive tag keys must name session tags.');
  return {
    tags,
    transitiveKeys,
    sourceIdentity: sourceIdentityOf(claims[SOURCE_IDENTITY]),
    authorizedRoles: rolesOf(claims[ROLES]),
  };
}

export interface ReadSession {
  readonly request: SessionRequest;
  /** Why AWS refuses the token; the request is then empty. */
  readonly invalid: InvalidSessionClaim | undefined;
}

export function readSession(claims: Claims): ReadSession {
  try {
    return { request: sessionRequest(claims), invalid: undefined };
  } catch (error) {
    if (!(error instanceof InvalidSessionClaim)) throw error;
    const request = { tags: {}, transitiveKeys: [], sourceIdentity: undefined, authorizedRoles: undefined };
    return { request, invalid: error };
  }
}

function objectOf(value: unknown, message: string): Claims {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Claims;
  return invalid(message);
}

/** `{"principal_tags":{"team":["data"]}}`, or one claim a tag: `https://aws.amazon.com/tags/principal_tags/team`. */
function tagsOf(nested: Claims, claims: Claims): Record<string, string> {
  const format = 'principal_tags passed in claim is not in correct format.';
  const tags = new Map<string, string>();
  const seen = new Set<string>();
  const add = (key: string, value: unknown): void => {
    const isText = typeof value === 'string' && key.length <= 128 && value.length <= 256 && key !== '';
    const name = key.toLowerCase();
    if (!isText || !TEXT.test(key) || !TEXT.test(value) || name.startsWith('aws:') || seen.has(name))
      invalid('The session tag claim is invalid.');
    seen.add(name);
    tags.set(key, String(value));
  };
  for (const [key, values] of Object.entries(objectOf(nested['principal_tags'], format))) {
    if (!Array.isArray(values) || values.length !== 1) invalid(format);
    add(key, (values as readonly unknown[])[0]);
  }
  const prefix = `${TAGS}/principal_tags/`;
  for (const [name, value] of Object.entries(claims))
    if (name.startsWith(prefix)) add(name.slice(prefix.length), value);
  return Object.fromEntries(tags);
}

function transitiveKeysOf(nested: Claims, claims: Claims): readonly string[] {
  const keys = nested['transitive_tag_keys'] ?? claims[`${TAGS}/transitive_tag_keys`];
  if (keys === undefined) return [];
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'string'))
    return invalid('The transitive tag claim is invalid.');
  return keys as readonly string[];
}

function sourceIdentityOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^[\w+=,.@-]{2,64}$/.test(value) || /^aws:/i.test(value))
    return invalid('The source identity claim is invalid.', SOURCE_IDENTITY);
  return value;
}

/** Role ARNs, in a list or in one text with `;` between them. */
function rolesOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value.split(';').map((one) => one.trim());
  if (!Array.isArray(value)) return invalid('The roles claim is not in a supported format', ROLES);
  return value.filter((one): one is string => typeof one === 'string');
}
