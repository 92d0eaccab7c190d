/** Reads an issuer's JWK Set (RFC 7517, section 5). */

import { FederationError } from '@credex/core';
import { ownCopy, parseJson } from '@credex/core/internal';
import { importJWK } from 'jose';

/** The signature algorithms that may be allowed (RFC 7518, section 3.1; RFC 8037; RFC 9864), and their key types. */

interface SignatureAlgorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: string | undefined;
  /** The parameters of WebCrypto's `verify`. The hash of an RSA key is set when the key is imported. */
  readonly parameters: Readonly<RsaPssParams> | Readonly<EcdsaParams> | { readonly name: string };
}

const pkcs1: SignatureAlgorithm = { kty: 'RSA', parameters: { name: 'RSASSA-PKCS1-v1_5' } };
/** The salt is as long as the hash (RFC 7518, section 3.5). */
const pss = (saltLength: number): SignatureAlgorithm => ({
  kty: 'RSA',
  parameters: { name: 'RSA-PSS', saltLength },
});
const ecdsa = (crv: string, bits: number): SignatureAlgorithm => ({
  kty: 'EC',
  crv,
  parameters: { name: 'ECDSA', hash: `SHA-${bits}` },
});
const ed25519: SignatureAlgorithm = { kty: 'OKP', crv: 'Ed25519', parameters: { name: 'Ed25519' } };

const KNOWN: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['RS256', pkcs1],
  ['RS384', pkcs1],
  ['RS512', pkcs1],
  ['PS256', pss(32)],
  ['PS384', pss(48)],
  ['PS512', pss(64)],
  ['ES256', ecdsa('P-256', 256)],
  ['ES384', ecdsa('P-384', 384)],
  ['ES512', ecdsa('P-521', 512)],
  ['Ed25519', ed25519],
  ['EdDSA', ed25519],
]);

/** Asymmetric algorithms only. */
export const ALGORITHMS: readonly string[] = [...KNOWN.keys()];

export function isAlgorithm(alg: string): boolean {
  return KNOWN.has(alg);
}

export function signatureAlgorithm(alg: string): SignatureAlgorithm | undefined {
  return KNOWN.get(alg);
}

/** A published key, imported for each allowed algorithm that fits it. */
export interface VerificationKey {
  readonly kid: string;
  readonly byAlgorithm: ReadonlyMap<string, CryptoKey>;
  /** Identifies the key: two keys with the same text are the same key. */
  readonly material: string;
}

type Jwk = Readonly<Record<string, unknown>>;

const MAX_KEYS = 100;
/** Members of private and of symmetric keys (RFC 7518, section 6). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;
/** NIST SP 800-131A asks for 2,048 bits; above 8,192 bits a check takes more than a millisecond. */
const RSA_BITS = { min: 2_048, max: 8_192 } as const;

/**
 * Ignores keys of other kinds, uses or algorithms, as RFC 7517 requires, so that an issuer may publish them as well. A key
 * that was published before and is unchanged keeps its object identity.
 *
 * @throws FederationError `invalid_response` if this is not a JWK Set, contains a private key, or has a duplicate id.
 */
export async function readKeys(
  text: string,
  algorithms: ReadonlySet<string>,
  before: ReadonlyMap<string, VerificationKey>,
): Promise<ReadonlyMap<string, VerificationKey>> {
  const found = new Map<string, VerificationKey>();
  for (const jwk of jwksOf(text)) {
    if (PRIVATE.some((member) => Object.hasOwn(jwk, member)))
      throw unfit('it contains a private or symmetric key');
    const key = await verificationKey(jwk, algorithms, before);
    if (key === undefined) continue;
    if (found.has(key.kid)) throw unfit('two keys have the same id');
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

/** @returns undefined for a key that cannot be used here */
async function verificationKey(
  jwk: Jwk,
  algorithms: ReadonlySet<string>,
  before: ReadonlyMap<string, VerificationKey>,
): Promise<VerificationKey | undefined> {
  const { kid, kty, crv, n, e, x, y, alg } = jwk;
  if (typeof kid !== 'string' || kid === '' || !isForSignatures(jwk)) return undefined;
  // Only the members that make up the key: `ext`, `x5c` and others could change the import.
  const bare = ownCopy(
    Object.fromEntries(Object.entries({ kty, crv, n, e, x, y }).filter(([, value]) => value !== undefined)),
  );
  const material = JSON.stringify([bare, alg]);
  const known = before.get(kid);
  if (known?.material === material) return known;

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
    // Ignore a broken key; the other keys may be valid.
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
  // With an exponent of 1, the signature equals the message.
  return modulusLength >= RSA_BITS.min && modulusLength <= RSA_BITS.max && isOdd && !isOne;
}

const isObject = (value: unknown): value is Jwk =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function unfit(why: string): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider: 'vercel',
    message: `The issuer's response is not a usable JWK Set: ${why}.`,
  });
}
