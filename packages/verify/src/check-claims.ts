/** Checks that the claims of a Vercel token are complete, have the right types, and agree with each other. */

import type { VercelTokenClaims } from './contract.js';
import { refusal } from './refuse.js';

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
export function checkClaims(raw: Readonly<Record<string, unknown>>): VercelTokenClaims {
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
