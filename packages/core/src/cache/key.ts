/** Cache keys: SHA-256 over length-prefixed canonical fields; never a token in clear. */

import { sha256 as digest } from '#runtime';
import type { Json } from '../contract.js';
import { sharesPromises } from '../runtime/deadline.js';
import type { CredentialCache } from './cache.js';

/** JSON with sorted keys; an `undefined` member is left out. */
export function canonicalJson(value: Json | undefined): string {
  if (value === undefined || value === null || typeof value !== 'object')
    return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  const members = Object.entries(value as { readonly [key: string]: Json | undefined })
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Fields joined so that no two lists give one text: each is preceded by its length. */
export function lengthPrefixed(fields: readonly string[]): string {
  return fields.map((field) => `${field.length}:${field}`).join('');
}

// Typed here, since the declarations of the built package contain no `#runtime`.
/** SHA-256 of the text's UTF-8, base64url; at once where the runtime can. */
export const sha256: (text: string) => string | Promise<string> = digest;

/** Raised when the meaning of a key's fields changes, so that two versions never share an entry. */
const SCHEMA = 'credex-key-1';

/** The memo is cleared at this size; its content is computed again in microseconds. */
export const MEMO_SIZE = 4_096;

export interface KeyFields {
  readonly provider: string;
  /** Canonical text of the exchanger's target. */
  readonly target: string;
  readonly audience: string | undefined;
  /** Canonical text of `expect`. */
  readonly expectation: string;
}

/** What the cache key is the SHA-256 of; with a store, its fingerprint comes first. */
export function keyText(fields: KeyFields, identityKey: string): string {
  return lengthPrefixed([
    SCHEMA,
    fields.provider,
    fields.target,
    // As JSON: UTF-8 would write all halves of a surrogate pair as one character.
    JSON.stringify(fields.audience ?? null),
    fields.expectation,
    JSON.stringify(identityKey),
  ]);
}

/** The value key where it was made before; without waiting. */
export function knownKey(cache: CredentialCache, text: string): string | undefined {
  return cache.state.keys.get(text);
}

export async function valueKey(cache: CredentialCache, text: string): Promise<string> {
  const { keys } = cache.state;
  const known = keys.get(text);
  if (known !== undefined) return known;
  const key = await digestOnce(cache, text);
  if (keys.size >= MEMO_SIZE) keys.clear();
  keys.set(text, key);
  return key;
}

/** One digest for all who wait for it, who go on in the order in which they came. */
export function digestOnce(cache: CredentialCache, text: string): string | Promise<string> {
  const { digesting } = cache.state;
  const underWay = sharesPromises() ? digesting.get(text) : undefined;
  if (underWay !== undefined) return underWay;
  const made = sha256(text);
  if (typeof made === 'string' || !sharesPromises()) return made;
  const shared = made.finally(() => digesting.delete(text));
  digesting.set(text, shared);
  return shared;
}

export const platformIdentityKey = (name: string): string => `platform:${name}`;
export const digestIdentity = (digest: string): string => `digest:${digest}`;
