/** An issuer's JWK Set (RFC 7517, section 5): what of it may verify, and what makes all of it unfit. */

import { FederationError } from '@credex/core';
import { ownCopy, parseJson } from '@credex/core/driver';
import { importJWK } from 'jose';
import { signatureAlgorithm } from './algorithms.js';

/** A published key, ready for each algorithm that is allowed and fits it. */
export interface VerificationKey {
  readonly kid: string;
  readonly byAlgorithm: ReadonlyMap<string, CryptoKey>;
  /** What the key is made of: two of the same text are the same key. */
  readonly material: string;
}

type Jwk = Readonly<Record<string, unknown>>;

const MAX_KEYS = 100;
/** Members of private and of symmetric keys (RFC 7518, section 6). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;
/** NIST SP 800-131A asks for 2,048 bits; beyond 8,192 each signature costs a millisecond and more. */
const RSA_BITS = { least: 2_048, most: 8_192 } as const;

/**
 * Keys of other kinds, uses or algorithms are left aside, as RFC 7517 asks, so that an issuer may publish them
 * beside its own. A key that was published before and is unchanged is kept as the very same object.
 *
 * @throws FederationError `invalid_response` where it is no JWK Set, holds a private key, or one id twice.
 */
export async function readKeys(
  text: string,
  algorithms: ReadonlySet<string>,
  before: ReadonlyMap<string, VerificationKey>,
): Promise<ReadonlyMap<string, VerificationKey>> {
  const found = new Map<string, VerificationKey>();
  for (const jwk of jwksOf(text)) {
    if (PRIVATE.some((member) => Object.hasOwn(jwk, member)))
      throw unfit('it holds a private or symmetric key');
    const key = await verificationKey(jwk, algorithms, before);
    if (key === undefined) continue;
    if (found.has(key.kid)) throw unfit('two of its keys have one id');
    found.set(key.kid, key);
  }
  return found;
}

function jwksOf(text: string): readonly Jwk[] {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch {
    throw unfit('it is not JSON');
  }
  const keys: unknown = isObject(parsed) ? parsed['keys'] : undefined;
  if (!Array.isArray(keys) || !keys.every(isObject)) throw unfit('it has no list of keys');
  if (keys.length > MAX_KEYS) throw unfit(`it has more than ${MAX_KEYS} keys`);
  return keys;
}

/** `undefined`: not one that verifies here. */
async function verificationKey(
  jwk: Jwk,
  algorithms: ReadonlySet<string>,
  before: ReadonlyMap<string, VerificationKey>,
): Promise<VerificationKey | undefined> {
  const { kid, kty, crv, n, e, x, y, alg } = jwk;
  if (typeof kid !== 'string' || kid === '' || !isForSignatures(jwk)) return undefined;
  // Only what the key is made of: no `ext`, no `x5c`, nothing that an import would heed.
  const bare = ownCopy(
    Object.fromEntries(Object.entries({ kty, crv, n, e, x, y }).filter(([, value]) => value !== undefined)),
  );
  const material = JSON.stringify([bare, alg]);
  const held = before.get(kid);
  if (held?.material === material) return held;

  const byAlgorithm = new Map<string, CryptoKey>();
  for (const one of algorithms) {
    const kind = signatureAlgorithm(one);
    if (kind?.kty !== kty || (kind?.crv !== undefined && kind.crv !== crv)) continue;
    if (alg !== undefined && alg !== one) continue;
    const key = await imported(bare, one);
    if (key !== undefined) byAlgorithm.set(one, key);
  }
  return byAlgorithm.size === 0 ? undefined : { kid, byAlgorithm, material };
}

function isForSignatures({ use, key_ops: operations }: Jwk): boolean {
  if (use !== undefined && use !== 'sig') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

async function imported(jwk: Jwk, alg: string): Promise<CryptoKey | undefined> {
  let key: CryptoKey | Uint8Array;
  try {
    key = await importJWK(ownCopy(jwk), alg);
  } catch {
    // A broken key beside good ones: nothing is verified by it.
    return undefined;
  }
  if (key instanceof Uint8Array || key.type !== 'public') return undefined;
  return jwk['kty'] !== 'RSA' || isSoundRsa(key) ? key : undefined;
}

function isSoundRsa(key: CryptoKey): boolean {
  const { modulusLength, publicExponent } = key.algorithm as RsaKeyAlgorithm;
  const exponent = [...publicExponent];
  const isOne = exponent.slice(0, -1).every((byte) => byte === 0) && exponent.at(-1) === 1;
  const isOdd = ((exponent.at(-1) ?? 0) & 1) === 1;
  // With an exponent of 1 a signature is its own message.
  return modulusLength >= RSA_BITS.least && modulusLength <= RSA_BITS.most && isOdd && !isOne;
}

const isObject = (value: unknown): value is Jwk =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function unfit(why: string): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider: 'vercel',
    message: `The issuer's keys are not a JWK Set that can be used: ${why}.`,
  });
}
