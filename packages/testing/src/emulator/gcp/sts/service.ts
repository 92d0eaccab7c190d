/** `sts.googleapis.com`: a token of the outside becomes a federated access token. */
import type { Service, ServiceAnswer, ServiceRequest, EmulatorRuntime, TokenVerdict } from '../../service.js';
import { isKnownScope, type GcpParts } from '../access-tokens.js';
import type { Directory } from '../directory.js';
import {
  stsFault,
  answering,
  jsonAnswer,
  noSuchPath,
  oauthRefusal,
  rpcRefusal,
  type Notes,
  type Refusal,
} from '../google-errors.js';
import { acceptsAudience, type PoolProvider } from './pool-provider.js';
import { principalName } from '../principal.js';
import { decodeJwt } from 'jose';
import { formOf, jsonObject, mediaTypeOf } from '../../request-content.js';

// What Google's security token service says of a subject token it doesn't take.

type Claims = Readonly<Record<string, unknown>>;
type Refused = Extract<TokenVerdict, { ok: false }>;

const grant = (description: string): Refusal => oauthRefusal('invalid_grant', description);

function subjectTokenRefusal(verdict: Refused, jwt: string, issuerUri: string): Refusal {
  const claims = verdict.claims ?? claimsOf(jwt);
  switch (verdict.fault) {
    case 'malformed':
      return grant('Unable to parse the ID Token.');
    case 'unsupported_algorithm':
    case 'bad_signature':
      return grant('Unable to verify the ID Token signature.');
    case 'unknown_issuer':
      return wrongIssuer(claims, issuerUri);
    // Google looks for the key at the issuer once more, and blames the issuer when it isn't there either.
    case 'unknown_key':
    case 'issuer_unreachable':
      return grant("Error connecting to the given credential's issuer.");
    case 'expired':
    case 'not_yet_valid':
      return stale(claims);
    case 'missing_claim':
      if (claims['iss'] === undefined) return wrongIssuer(claims, issuerUri);
      return claims['aud'] === undefined ? wrongAudience(claims) : stale(claims);
  }
}

/** Both are required by Google, whatever the verifier lets pass. */
const hasTimes = (claims: Claims): boolean =>
  typeof claims['iat'] === 'number' && typeof claims['exp'] === 'number';

const stale = (claims: Claims): Refusal =>
  grant(`ID Token issued at ${shown(claims['iat'])} is stale to sign-in.`);

const wrongAudience = (claims: Claims): Refusal =>
  grant(`The audience in ID Token [${listed(claims['aud'])}] does not match the expected audience.`);

const wrongIssuer = (claims: Claims, issuerUri: string): Refusal =>
  grant(
    `The issuer in ID Token ${shown(claims['iss'])} does not match the expected one in config: ${issuerUri}.`,
  );

function listed(aud: unknown): string {
  return (Array.isArray(aud) ? aud : [aud]).filter((one) => typeof one === 'string').join(', ');
}

function shown(claim: unknown): string {
  return typeof claim === 'string' || typeof claim === 'number' ? String(claim) : 'null';
}

function claimsOf(jwt: string): Claims {
  try {
    return decodeJwt(jwt);
  } catch {
    // Not a JWT at all: the message then names what it looked for, as null.
    return {};
  }
}

// The body of `POST /v1/token`: RFC 8693 section 2.1 as a form, or the same as JSON.

interface TokenExchangeRequest {
  /** `projects/…/workloadIdentityPools/{pool}` */
  readonly pool: string;
  readonly providerId: string;
  readonly scopes: readonly string[];
  readonly subjectToken: string;
}

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const AUDIENCE =
  /^\/\/iam\.googleapis\.com\/(projects\/\d+\/locations\/global\/workloadIdentityPools\/[^/]+)\/providers\/([^/]+)$/;

function readTokenExchange(request: ServiceRequest): TokenExchangeRequest {
  const field = fieldsOf(request);
  // An access boundary among them narrows what the token may do: it must not be passed over. Not Google's words.
  if (!/^(?:\{\})?$/.test(field('options') ?? ''))
    throw oauthRefusal('invalid_request', 'The emulator does not know "options".', 501);
  if (field('grant_type') !== GRANT_TYPE)
    throw oauthRefusal('unsupported_grant_type', `Invalid value for "grant_type". It must be ${GRANT_TYPE}.`);
  const audience = AUDIENCE.exec(field('audience') ?? '');
  if (audience === null)
    throw invalid(
      'audience',
      'This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.',
    );
  if (field('requested_token_type') !== `${TOKEN_TYPE}access_token`)
    throw invalid('requested_token_type', `It must be ${TOKEN_TYPE}access_token.`);
  if (![`${TOKEN_TYPE}jwt`, `${TOKEN_TYPE}id_token`].includes(field('subject_token_type') ?? ''))
    throw invalid('subject_token_type', `It must be ${TOKEN_TYPE}jwt or ${TOKEN_TYPE}id_token.`);
  const subjectToken = field('subject_token') ?? '';
  if (subjectToken === '') throw invalid('subject_token', 'It is required.');
  const scopes = (field('scope') ?? '').split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0 || !scopes.every(isKnownScope))
    throw oauthRefusal('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  return { pool: audience[1] as string, providerId: audience[2] as string, scopes, subjectToken };
}

const invalid = (name: string, hint: string) =>
  oauthRefusal('invalid_request', `Invalid value for "${name}". ${hint}`);

type Field = (name: string) => string | undefined;

function fieldsOf(request: ServiceRequest): Field {
  const form = formOf(request);
  if (form !== undefined) {
    // RFC 6749 section 3.2: a parameter must not be there more than once.
    const twice = [...form.keys()].find((name) => form.getAll(name).length > 1);
    if (twice !== undefined) throw invalid(twice, 'It must not be repeated.');
    return (name) => form.get(name) ?? undefined;
  }
  if (mediaTypeOf(request.headers) === 'application/json') {
    const json = jsonObject(request.body);
    if (json === undefined) throw oauthRefusal('invalid_request', 'Invalid JSON payload received.');
    return (name) => {
      const value = json[name] ?? json[name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
      return typeof value === 'string' ? value : undefined;
    };
  }
  throw oauthRefusal('invalid_request', 'Unsupported content type.');
}

/** Google's are an hour, less what the exchange took. */
const LONGEST_SECONDS = 3599;

export function createStsService(parts: GcpParts): Service {
  return {
    name: 'gcp-sts',
    handle: (request) => {
      const notes: Notes = { action: 'ExchangeToken' };
      return answering(notes, () => exchange(request, parts, notes));
    },
    faultAnswer: stsFault,
  };
}

async function exchange(request: ServiceRequest, parts: GcpParts, notes: Notes): Promise<ServiceAnswer> {
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
