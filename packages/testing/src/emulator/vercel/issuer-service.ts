import type { KeyRing } from './key-ring.js';
import type { EmulatorClock, Service, ServiceAnswer, ServiceRequest, TokenFault } from '../service.js';
import { decodeJwt } from 'jose';
import { signJwt } from './mint.js';
import { isJsonObject } from '../request-content.js';
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
async function exchangeAudience(
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

/** A team's slug, or none for the global issuer; then what is asked for. */
const WELL_KNOWN = /^(?:\/([a-z0-9][a-z0-9-]*))?\/\.well-known\/(openid-configuration|jwks)$/;

/** `oidc.vercel.com`: discovery and keys in both issuer modes, and the audience exchange. */
export function createIssuerService(
  origin: string,
  ring: KeyRing,
  clock: EmulatorClock,
  isReachable: () => boolean,
): Service {
  return {
    name: 'issuer',
    handle: (request) => {
      if (!isReachable()) return errorAnswer(503, 'Service unavailable');
      if (request.path === '/~token')
        return request.method === 'POST'
          ? exchangeAudience(request, ring, origin, clock.now())
          : wrongMethod('POST');
      const [found, team, what] = WELL_KNOWN.exec(request.path) ?? [];
      if (found === undefined) return errorAnswer(404, 'Not found');
      if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET, HEAD');
      const issuer = team === undefined ? origin : `${origin}/${team}`;
      return json(200, what === 'jwks' ? { keys: ring.published.map(({ jwk }) => jwk) } : discovery(issuer));
    },
    faultAnswer: (kind, _, status) =>
      kind === 'throttle'
        ? errorAnswer(429, 'Too many requests')
        : errorAnswer(status ?? 500, `Planted status ${status ?? 500}`),
  };
}

/** OpenID Connect Discovery 1.0, section 3. */
const discovery = (issuer: string) => ({
  issuer,
  jwks_uri: `${issuer}/.well-known/jwks`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  scopes_supported: ['openid'],
  claims_supported: [
    'iss',
    'aud',
    'sub',
    'scope',
    'owner',
    'owner_id',
    'project',
    'project_id',
    'environment',
  ].concat(['plan', 'user_id', 'nbf', 'iat', 'exp']),
});

const json = (status: number, body: unknown): ServiceAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
});

const errorAnswer = (status: number, error: string): ServiceAnswer => ({
  ...json(status, { error }),
  log: { refused: error },
});

const wrongMethod = (allow: string): ServiceAnswer => {
  const answer = errorAnswer(405, 'Method not allowed');
  return { ...answer, headers: { ...answer.headers, allow } };
};
