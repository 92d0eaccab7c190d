/** The JOSE header (RFC 7515, section 4): it selects the key, so it is checked before a key is used. */

import { refusal } from './refuse.js';

/**
 * Parameters that contain a key or its URL. A token with one of them is refused: Vercel sets none of them, so such a token is
 * an attack on verifiers that trust it.
 */
const EMBEDDED_KEYS = ['jwk', 'jku', 'x5u', 'x5c'] as const;

/** Parameters that change how a token is parsed: extensions, unencoded or nested payload, compression, encryption. */
const OTHER_FORMATS = ['crit', 'b64', 'cty', 'zip', 'enc'] as const;

/** Vercel uses a thumbprint of 43 characters. It only selects a key of the published set. */
const MAX_KID_LENGTH = 256;

export interface CheckedHeader {
  readonly alg: string;
  readonly kid: string;
}

/**
 * @param claims the claims to show in an error
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
  if (typeof alg !== 'string' || alg === '') throw malformed('has no algorithm (`alg`)');
  if (!algorithms.has(alg)) {
    throw refusal(
      'algorithm_not_allowed',
      `The token's algorithm is not among ${[...algorithms].join(', ')}.`,
      { claims },
    );
  }
  for (const name of EMBEDDED_KEYS)
    if (Object.hasOwn(header, name)) throw malformed(`contains a key or its URL (\`${name}\`)`);
  for (const name of OTHER_FORMATS)
    if (Object.hasOwn(header, name))
      throw malformed(`has the parameter \`${name}\`, which Vercel never sets`);
  if (typ !== undefined && !(typeof typ === 'string' && typ.toUpperCase() === 'JWT'))
    throw malformed('has a type (`typ`) other than JWT');
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH)
    throw malformed(`has no key id (\`kid\`) of at most ${MAX_KID_LENGTH} characters`);
  return { alg, kid };
}
