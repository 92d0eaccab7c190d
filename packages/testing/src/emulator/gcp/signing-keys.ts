/** RSA keys of Google's own, made when first asked for: they cost a tenth of a second each. */
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose';

import { selfSignedCertificate } from '../server/certificates.js';

interface Pair {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwks: JSONWebKeySet;
}

export class SigningKey {
  #pair: Promise<Pair> | undefined;

  /** A JWT of these claims, RS256. */
  async jwt(claims: JWTPayload): Promise<{ readonly kid: string; readonly jwt: string }> {
    const { kid, privateKey } = await this.#get();
    const jwt = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
      .sign(privateKey);
    return { kid, jwt };
  }

  /** RSASSA-PKCS1-v1_5 with SHA-256 over the bytes. */
  async blob(
    payload: Uint8Array<ArrayBuffer>,
  ): Promise<{ readonly kid: string; readonly signature: Uint8Array }> {
    const { kid, privateKey } = await this.#get();
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, payload);
    return { kid, signature: new Uint8Array(signature) };
  }

  async verifies(payload: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const { publicKey } = await this.#get();
    return crypto.subtle.verify('RSASSA-PKCS1-v1_5', publicKey, signature, payload);
  }

  /** Certificates by key id, PEM, as google-auth-library's `verifyIdToken` reads them on Node. */
  async certificates(): Promise<Readonly<Record<string, string>>> {
    const { kid, publicKey, privateKey } = await this.#get();
    return { [kid]: await selfSignedCertificate({ publicKey, privateKey }) };
  }

  async jwks(): Promise<JSONWebKeySet> {
    return (await this.#get()).jwks;
  }

  #get(): Promise<Pair> {
    this.#pair ??= createPair();
    return this.#pair;
  }
}

async function createPair(): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, privateKey, publicKey, jwks: { keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] } };
}

/** One of Google's for ID tokens, and one a service account. */
export class SigningKeys {
  readonly idTokens: SigningKey = new SigningKey();
  readonly #byEmail = new Map<string, SigningKey>();

  ofServiceAccount(email: string): SigningKey {
    const key = this.#byEmail.get(email) ?? new SigningKey();
    this.#byEmail.set(email, key);
    return key;
  }
}
