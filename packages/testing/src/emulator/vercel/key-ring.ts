import { createHash, createPublicKey, generateKeyPair, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { invalidOption } from '@credex/core/internal';
import type { JWK } from 'jose';

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** What the JWKS says of it. */
  readonly jwk: JWK;
}

/** The issuer's keys: the one it signs with, the one it will sign with next, and those it signed with before. */
export interface KeyRing {
  readonly current: SigningKey;
  readonly published: readonly SigningKey[];
  /** A key that no JWKS ever held, made when it is first asked for. */
  unpublished(): Promise<SigningKey>;
  /** The key that signs with this algorithm. One of an elliptic curve is made and published when it is first asked for. */
  forAlgorithm(alg: unknown): SigningKey;
  /** Signs with the next key from now on. The last one stays published unless `drop`. */
  rotate(drop: boolean): void;
}

const MODULUS = { modulusLength: 2048 } as const;

/** @param given RSA private keys, taken before any is generated: 100 to 300 ms of CPU each. */
export async function createKeyRing(given: readonly KeyObject[]): Promise<KeyRing> {
  const waiting = given.map(signingKey);
  const [first, second] = await Promise.all([waiting.shift() ?? generated(), waiting.shift() ?? generated()]);
  let current = first;
  let next = second;
  let previous: SigningKey[] = [];
  let unpublished: Promise<SigningKey> | undefined;
  const ofCurve = new Map<string, SigningKey>();
  return {
    get current() {
      return current;
    },
    get published() {
      return [current, next, ...previous, ...ofCurve.values()];
    },
    unpublished: () => (unpublished ??= generated()),
    forAlgorithm: (alg) => {
      const curve = typeof alg === 'string' ? CURVES[alg] : undefined;
      if (typeof alg !== 'string' || curve === undefined) return current;
      const made = ofCurve.get(alg) ?? curveKey(alg, curve);
      ofCurve.set(alg, made);
      return made;
    },
    rotate: (drop) => {
      // Synchronous, so that no token is signed between the call and its effect.
      const fresh = waiting.shift() ?? signingKey(generateKeyPairSync('rsa', MODULUS).privateKey);
      if (drop) ofCurve.clear();
      previous = drop ? [] : [current, ...previous];
      current = next;
      next = fresh;
    },
  };
}

const generated = (): Promise<SigningKey> =>
  new Promise((resolve, reject) => {
    generateKeyPair('rsa', MODULUS, (error, _, privateKey) =>
      error === null ? resolve(signingKey(privateKey)) : reject(error),
    );
  });

/** JWS algorithms and their curves (RFC 7518, section 3.4). */
const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** Takes a millisecond, so that no caller waits. */
function curveKey(alg: string, namedCurve: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' }) as Record<'crv' | 'kty' | 'x' | 'y', string>;
  const kid = thumbprint({ crv, kty, x, y });
  return { kid, privateKey, publicKey, jwk: { kty, crv, x, y, kid, use: 'sig', alg } };
}

/** RFC 7638: the members in this order. */
const thumbprint = (members: Readonly<Record<string, string>>): string =>
  createHash('sha256').update(JSON.stringify(members)).digest('base64url');

function signingKey(privateKey: KeyObject): SigningKey {
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'rsa')
    throw invalidOption({ option: 'signingKeys' }, 'RSA private keys, each a KeyObject', privateKey.type);
  const publicKey = createPublicKey(privateKey);
  const { e, kty, n } = publicKey.export({ format: 'jwk' }) as { e: string; kty: string; n: string };
  const kid = thumbprint({ e, kty, n });
  return { kid, privateKey, publicKey, jwk: { kty, n, e, kid, use: 'sig', alg: 'RS256' } };
}
