/** Checks the signature, after form and header were checked and the key was found. */

import { base64url } from 'jose';
import { signatureAlgorithm } from './algorithms.js';
import type { VerificationKey } from './read-keys.js';
import type { ReadToken } from './read-token.js';
import { refusal } from './refuse.js';

const encoder = new TextEncoder();

/**
 * Uses WebCrypto with a key that jose imported for this algorithm. jose's `compactVerify` would parse and decode the token
 * a second time, which takes a third of its time.
 *
 * @throws TokenVerificationError `invalid_signature`, `algorithm_not_allowed`
 */
export async function checkSignature(
  token: string,
  { alg, claims }: ReadToken,
  { byAlgorithm }: VerificationKey,
): Promise<void> {
  const key = byAlgorithm.get(alg);
  const algorithm = signatureAlgorithm(alg);
  if (key === undefined || algorithm === undefined) {
    const message = `The token's key is published for another algorithm than ${alg}.`;
    throw refusal('algorithm_not_allowed', message, { claims });
  }
  // `readToken` has checked that there are three parts and that the signature is canonical base64url.
  const end = token.lastIndexOf('.');
  const signature = base64url.decode(token.slice(end + 1)) as Uint8Array<ArrayBuffer>;
  if (!(await isGenuine(algorithm.parameters, key, signature, encoder.encode(token.slice(0, end)))))
    throw refusal('invalid_signature', "The token's signature does not match the key of its issuer.", {
      claims,
    });
}

async function isGenuine(
  parameters: AlgorithmIdentifier,
  key: CryptoKey,
  signature: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    return (await crypto.subtle.verify(parameters, key, signature, data)) === true;
  } catch {
    // Some runtimes throw for a signature of the wrong length.
    return false;
  }
}
