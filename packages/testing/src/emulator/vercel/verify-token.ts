import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { SigningKey } from './key-ring.js';
import type { TokenFault, TokenVerdict, TrustedTokens } from '../service.js';

/**
 * What a cloud does with a subject token before its own policy is asked, in this order: form, algorithm, issuer,
 * key, signature, times. Without a tolerance there is no leniency: a token has ended in the second that `exp` names,
 * and has not begun in the second before `nbf` or `iat`.
 *
 * @param keys The keys of that issuer; `undefined`: they can't be fetched.
 * @param now Epoch milliseconds.
 */
export async function verifyToken(
  jwt: string,
  { issuerUrl, algorithms = ['RS256'], toleranceSeconds = 0 }: TrustedTokens,
  keys: readonly SigningKey[] | undefined,
  now: number,
): Promise<TokenVerdict> {
  const decoded = decode(jwt);
  if (decoded === undefined) return { ok: false, fault: 'malformed' };
  const { header, claims } = decoded;
  const refuse = (fault: TokenFault): TokenVerdict => ({ ok: false, fault, claims });

  const alg = header['alg'];
  if (typeof alg !== 'string' || !algorithms.includes(alg)) return refuse('unsupported_algorithm');
  if (claims['iss'] === undefined) return refuse('missing_claim');
  if (claims['iss'] !== issuerUrl) return refuse('unknown_issuer');
  if (keys === undefined) return refuse('issuer_unreachable');
  const key = keys.find(({ kid }) => kid === header['kid']);
  if (key === undefined) return refuse('unknown_key');
  // A key of another type than the algorithm's did not make this signature.
  if (!fitsAlgorithm(key, alg)) return refuse('bad_signature');
  try {
    const { payload } = await jwtVerify(jwt, key.publicKey, {
      algorithms: [alg],
      currentDate: new Date(now),
      clockTolerance: toleranceSeconds,
      requiredClaims: ['exp', 'iat'],
    });
    if ((payload.iat ?? 0) > Math.floor(now / 1000) + toleranceSeconds) return refuse('not_yet_valid');
    return { ok: true, claims: payload };
  } catch (error) {
    return refuse(faultOf(error));
  }
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

const fitsAlgorithm = ({ jwk }: SigningKey, alg: string): boolean =>
  CURVES[alg] === undefined ? jwk.kty === 'RSA' : jwk.crv === CURVES[alg];

function decode(
  jwt: string,
): { header: Record<string, unknown>; claims: Record<string, unknown> } | undefined {
  try {
    return { header: { ...decodeProtectedHeader(jwt) }, claims: decodeJwt(jwt) };
  } catch {
    return undefined; // Whatever it was, it is no JWT.
  }
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') return 'missing_claim';
    return error.claim === 'nbf' && error.reason === 'check_failed' ? 'not_yet_valid' : 'malformed';
  }
  if (error instanceof errors.JOSEError) return 'malformed';
  throw error;
}
