import { createHash, createPublicKey, generateKeyPair, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { invalidOption } from '@credex/core/driver';
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
  return {
    get current() {
      return current;
    },
    get published() {
      return [current, next, ...previous];
    },
    unpublished: () => (unpublished ??= generated()),
    rotate: (drop) => {
      // Synchronous, so that no token is signed between the call and its effect.
      const fresh = waiting.shift() ?? signingKey(generateKeyPairSync('rsa', MODULUS).privateKey);
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

function signingKey(privateKey: KeyObject): SigningKey {
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'rsa')
    throw invalidOption({ option: 'signingKeys' }, 'RSA private keys, each a KeyObject', privateKey.type);
  const publicKey = createPublicKey(privateKey);
  const { e, kty, n } = publicKey.export({ format: 'jwk' }) as { e: string; kty: string; n: string };
  // The thumbprint of RFC 7638: its members in this order.
  const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
  return { kid, privateKey, publicKey, jwk: { kty, n, e, kid, use: 'sig', alg: 'RS256' } };
}
