/** The key Entra signs access tokens with: real RS256 JWTs, which the blob service verifies as anyone could. */
import { compactVerify, errors, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { JWK, JWTPayload } from 'jose';
import type { EmulatorRuntime } from '../service.js';

export interface TokenAuthority {
  sign(claims: JWTPayload): Promise<string>;
  /** The claims where the signature holds; times, issuer and audience are the resource's own to judge. */
  verify(jwt: string): Promise<JWTPayload | undefined>;
  publicKeys(): Promise<readonly JWK[]>;
}

export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** `given`: an RS256 pair to sign with; left out, one is made when first needed. */
export function createTokenAuthority(runtime: EmulatorRuntime, given?: SigningKey): TokenAuthority {
  type Key = SigningKey & { readonly kid: string };
  let made: Promise<Key> | undefined;
  const key = (): Promise<Key> => {
    // Half a second of primes, paid only by those who ask for a token.
    const pair = (): Promise<SigningKey> => generateKeyPair('RS256', { extractable: true });
    made ??= Promise.resolve(given ?? pair()).then(({ privateKey, publicKey }) => ({
      privateKey,
      publicKey,
      kid: Buffer.from(runtime.randomHex(20), 'hex').toString('base64url'),
    }));
    return made;
  };

  return {
    async sign(claims) {
      const { kid, privateKey } = await key();
      return new SignJWT(claims)
        .setProtectedHeader({ typ: 'JWT', alg: 'RS256', x5t: kid, kid })
        .sign(privateKey);
    },

    async verify(jwt) {
      const { publicKey } = await key();
      try {
        const { payload } = await compactVerify(jwt, publicKey, { algorithms: ['RS256'] });
        return JSON.parse(new TextDecoder().decode(payload)) as JWTPayload;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },

    async publicKeys() {
      const { kid, publicKey } = await key();
      return [{ ...(await exportJWK(publicKey)), use: 'sig', kid, x5t: kid }];
    },
  };
}
