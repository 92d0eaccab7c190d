import { decodeJwt } from 'jose';
import { signJwt } from './mint.js';
import type { KeyRing } from './key-ring.js';
import { isJsonObject } from '../request-content.js';
import type { ServiceAnswer, ServiceRequest, TokenFault } from '../service.js';
import { verifyToken } from './verify-token.js';

/** Statuses and words are the emulator's: Vercel documents only that an error is `{ error }`. */
const REFUSALS: Readonly<Record<TokenFault, string>> = {
  malformed: 'Invalid token: malformed',
  unsupported_algorithm: 'Invalid token: unsupported algorithm',
  unknown_issuer: 'Invalid token: unexpected issuer',
  unknown_key: 'Invalid token: unknown key',
  bad_signature: 'Invalid token: signature verification failed',
  expired: 'Invalid token: expired',
  not_yet_valid: 'Invalid token: not yet valid',
  missing_claim: 'Invalid token: missing claim',
  issuer_unreachable: 'Service unavailable',
};

/**
 * `POST /~token`: a token of Vercel's for one of another audience. The new one has the team's issuer, the same
 * end, and in `act` the audience and the time of issue of the first.
 */
export async function exchangeAudience(
  request: ServiceRequest,
  ring: KeyRing,
  origin: string,
  now: number,
): Promise<ServiceAnswer> {
  const asked = parse(request);
  if (typeof asked === 'string') return refused(400, asked);
  const { token, aud, jti } = asked;

  const verdict = await verifyToken(token, { issuerUrl: acceptedIssuer(token, origin) }, ring.published, now);
  if (!verdict.ok) return refused(401, REFUSALS[verdict.fault]);
  const { claims } = verdict;
  if (claims['act'] !== undefined) return refused(400, 'Invalid token: already exchanged');
  const { owner, exp } = claims;
  if (typeof owner !== 'string' || typeof exp !== 'number') return refused(401, REFUSALS.missing_claim);

  const exchanged = {
    ...claims,
    iss: `${origin}/${owner}`,
    aud,
    iat: Math.floor(now / 1000),
    act: { aud: claims['aud'], iat: claims['iat'] },
    ...(jti === undefined ? {} : { jti }),
  };
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify({ token: await signJwt(exchanged, ring.current), expiry: exp }),
    log: { action: 'exchange', sub: String(claims['sub']), aud },
  };
}

/** The issuer that the token names where it is one of ours, else one it can't name. */
function acceptedIssuer(token: string, origin: string): string {
  try {
    const { iss, owner } = decodeJwt<{ owner?: unknown }>(token);
    if (iss === `${origin}/${String(owner)}`) return iss;
  } catch {
    // `verifyToken` says what is wrong with it.
  }
  return origin;
}

function parse(request: ServiceRequest): { token: string; aud: string; jti: string | undefined } | string {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(request.body));
  } catch {
    return 'Request body must be JSON';
  }
  if (!isJsonObject(body)) return 'Request body must be a JSON object';
  const { token, aud, jti } = body;
  if (typeof token !== 'string' || token === '') return 'Missing required parameter: token';
  if (typeof aud !== 'string' || aud === '') return 'Missing required parameter: aud';
  if (jti !== undefined && typeof jti !== 'string') return 'Invalid parameter: jti';
  return { token, aud, jti };
}

const refused = (status: number, error: string): ServiceAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify({ error }),
  log: { refused: error },
});
