import { exchangeAudience } from './audience-exchange.js';
import type { KeyRing } from './key-ring.js';
import type { EmulatorClock, Service, ServiceAnswer } from '../service.js';

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
