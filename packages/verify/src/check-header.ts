/** The JOSE header (RFC 7515, section 4): what decides which key is looked up, before any key is used. */

import { refusal } from './refuse.js';

/**
 * A key, or where to find one, in the token itself. Never looked at, and refused: Vercel writes none of them, so a
 * token that brings its own key was made to meet a verifier that trusts it.
 */
const KEYS_OF_ITS_OWN = ['jwk', 'jku', 'x5u', 'x5c'] as const;

/** What would change how the rest is read: extensions, an unencoded or nested payload, compression, encryption. */
const OTHER_READING = ['crit', 'b64', 'cty', 'zip', 'enc'] as const;

/** Vercel's is a thumbprint of 43 characters. Only a key of the published set is found by it, never a file. */
const MAX_KID_LENGTH = 256;

export interface CheckedHeader {
  readonly alg: string;
  readonly kid: string;
}

/**
 * @param claims for the error to show
 * @throws TokenVerificationError `malformed_token`, `algorithm_not_allowed`
 */
export function checkHeader(
  header: Readonly<Record<string, unknown>>,
  algorithms: ReadonlySet<string>,
  claims: object,
): CheckedHeader {
  const malformed = (why: string): Error =>
    refusal('malformed_token', `The token's header ${why}.`, { claims });
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || alg === '') throw malformed('names no algorithm (`alg`)');
  if (!algorithms.has(alg)) {
    throw refusal(
      'algorithm_not_allowed',
      `The token's algorithm is not among ${[...algorithms].join(', ')}.`,
      { claims },
    );
  }
  for (const name of KEYS_OF_ITS_OWN)
    if (Object.hasOwn(header, name)) throw malformed(`brings a key of its own (\`${name}\`)`);
  for (const name of OTHER_READING)
    if (Object.hasOwn(header, name))
      throw malformed(`has the parameter \`${name}\`, which Vercel never sets`);
  if (typ !== undefined && !(typeof typ === 'string' && typ.toUpperCase() === 'JWT'))
    throw malformed('has a type (`typ`) other than JWT');
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH)
    throw malformed(`has no key id (\`kid\`) of at most ${MAX_KID_LENGTH} characters`);
  return { alg, kid };
}
