/** `sts.googleapis.com`: a token of the outside becomes a federated access token. */
import type { Service, ServiceAnswer, ServiceRequest, EmulatorRuntime } from '../../service.js';
import type { AccessTokens } from '../access-tokens.js';
import type { Directory } from '../directory.js';
import { stsFault } from '../fault-responses.js';
import { answering, jsonAnswer, noSuchPath, oauthRefusal, rpcRefusal, type Notes } from '../google-errors.js';
import { acceptsAudience, type PoolProvider } from './pool-provider.js';
import { principalName } from '../principal.js';
import { hasTimes, stale, subjectTokenRefusal, wrongAudience } from './subject-token.js';
import { readTokenExchange, type TokenExchangeRequest } from './token-exchange-request.js';

interface Parts {
  readonly runtime: EmulatorRuntime;
  readonly tokens: AccessTokens;
  readonly directory: Directory;
}

/** Google's are an hour, less what the exchange took. */
const LONGEST_SECONDS = 3599;

export function createStsService(parts: Parts): Service {
  return {
    name: 'gcp-sts',
    handle: (request) => {
      const notes: Notes = { action: 'ExchangeToken' };
      return answering(notes, () => exchange(request, parts, notes));
    },
    faultAnswer: stsFault,
  };
}

async function exchange(request: ServiceRequest, parts: Parts, notes: Notes): Promise<ServiceAnswer> {
  if (request.method !== 'POST' || request.path !== '/v1/token') throw noSuchPath(request.path);
  // "Do not send the Authorization HTTP header": the front end judges it before the service sees the form.
  if (request.headers['authorization'] !== undefined)
    throw rpcRefusal(401, 'Request had invalid authentication credentials.');
  const wanted = readTokenExchange(request);
  notes['provider'] = `${wanted.pool}/providers/${wanted.providerId}`;
  notes['scopes'] = wanted.scopes.join(' ');
  const provider = findProvider(parts.directory, wanted);
  const claims = await acceptedClaims(parts.runtime, provider, wanted.subjectToken);
  const principal = { kind: 'federated', pool: wanted.pool, ...provider.identify(claims) } as const;
  notes['principal'] = principalName(principal);

  // It never outlives the token it was made of; there is no parameter for its lifetime.
  const now = parts.runtime.clock.now();
  const left = Math.floor(Number(claims['exp']) - now / 1000);
  const lifetime = Math.max(0, Math.min(LONGEST_SECONDS, left));
  return jsonAnswer(200, {
    access_token: parts.tokens.issue({
      principal,
      scopes: wanted.scopes,
      expiresAt: now + lifetime * 1000,
    }),
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    // A zero is a default in Google's JSON, and defaults are left out.
    ...(lifetime === 0 ? {} : { expires_in: lifetime }),
  });
}

function findProvider({ pools }: Directory, { pool, providerId }: TokenExchangeRequest): PoolProvider {
  const found = pools.get(pool);
  const provider = found?.providers.get(providerId);
  if (found === undefined || found.disabled || provider === undefined || provider.disabled)
    throw oauthRefusal(
      'invalid_target',
      'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
    );
  return provider;
}

async function acceptedClaims(
  runtime: EmulatorRuntime,
  provider: PoolProvider,
  jwt: string,
): Promise<Readonly<Record<string, unknown>>> {
  const verdict = await runtime.verifySubjectToken(jwt, { issuerUrl: provider.issuerUri });
  if (!verdict.ok) throw subjectTokenRefusal(verdict, jwt, provider.issuerUri);
  if (!hasTimes(verdict.claims)) throw stale(verdict.claims);
  if (!acceptsAudience(provider, verdict.claims['aud'])) throw wrongAudience(verdict.claims);
  return verdict.claims;
}
