/** `POST /{tenant}/oauth2/v2.0/token`: the client credentials grant with a federated assertion (RFC 7523, 2.2). */
import { formOf, isJsonObject, jsonObject } from '../../request-content.js';
import type { ServiceRequest, EmulatorRuntime } from '../../service.js';
import { authenticate } from './client-assertion.js';
import type { Directory, ServicePrincipal, Tenant } from '../directory.js';
import { clientRefusals, requestRefusals } from './refusal.js';
import { tenantOf } from './metadata.js';
import type { TokenAuthority } from '../token-authority.js';

// The `claims` parameter (OpenID Connect Core 1.0, section 5.5), as far as Entra heeds it for applications.

interface RequestedClaims {
  /** The client said that it can answer a claims challenge: `xms_cc` has `cp1`. */
  readonly challengeCapable: boolean;
  /** From a challenge: the token's `nbf` must be this late, in epoch seconds. */
  readonly notBefore: number | undefined;
}

/** `undefined` where the parameter is not a JSON object of the right form. */
function parseRequestedClaims(raw: string | undefined): RequestedClaims | undefined {
  if (raw === undefined) return { challengeCapable: false, notBefore: undefined };
  const parsed = jsonObject(raw);
  const wanted = parsed?.['access_token'] ?? {};
  if (parsed === undefined || !isJsonObject(wanted)) return undefined;

  const capabilities = wanted['xms_cc'];
  const values: unknown = isJsonObject(capabilities)
    ? (capabilities['values'] ?? [capabilities['value']])
    : [];
  const nbf = wanted['nbf'];
  const moment: unknown = isJsonObject(nbf) ? nbf['value'] : undefined;
  const isMoment = typeof moment === 'number' || typeof moment === 'string';
  if (moment !== undefined && !(isMoment && /^\d{1,12}$/.test(String(moment)))) return undefined;
  return {
    challengeCapable: Array.isArray(values) && values.includes('cp1'),
    notBefore: moment === undefined ? undefined : Number(moment),
  };
}

// From the scope of a client credentials request to the resource the token is for.

/** Microsoft's own resources, which have a service principal in every tenant. Without the trailing slash. */
const FIRST_PARTY: ReadonlySet<string> = new Set([
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://storage.azure.com',
  'https://vault.azure.net',
  'https://managedhsm.azure.net',
  'https://graph.microsoft.com',
  'https://database.windows.net',
  'https://ossrdbms-aad.database.windows.net',
  'https://cosmos.azure.com',
  'https://redis.azure.com',
  'https://cognitiveservices.azure.com',
  'https://ai.azure.com',
  'https://search.azure.com',
  'https://servicebus.azure.net',
  'https://eventhubs.azure.net',
  'https://azconfig.io',
  'https://containerregistry.azure.net',
  'https://monitor.azure.com',
  'https://api.loganalytics.io',
  'https://batch.core.windows.net',
]);

/** A storage account, a vault and a database account are resources each, by a wildcard of their service. */
const BY_HOST = /^https:\/\/[a-z0-9-]+\.(?:blob|queue|table|file|dfs)\.core\.windows\.net$/;

/**
 * `https://storage.azure.com/.default` is for `https://storage.azure.com`: the suffix goes, and nothing else, so
 * that `…//.default` is for the resource with its slash.
 */
function resourceOf(scope: string): string {
  const scopes = scope.split(' ').filter((part) => part !== '');
  const [only] = scopes;
  if (only === undefined) throw clientRefusals.scopeWithoutDefault(scope);
  if (scopes.length > 1 && scopes.every((part) => part.endsWith('/.default')))
    throw clientRefusals.severalResources(scope);
  if (scopes.length > 1 || !only.endsWith('/.default') || only === '/.default')
    throw clientRefusals.scopeWithoutDefault(scope);
  return only.slice(0, -'/.default'.length);
}

function isMicrosoftResource(resource: string): boolean {
  const name = resource.replace(/\/$/, '');
  return FIRST_PARTY.has(name) || BY_HOST.test(name);
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Entra dates its tokens five minutes back, so that a resource whose clock lags takes them. */
const BACKDATED_SECONDS = 300;

export interface Entra {
  readonly runtime: EmulatorRuntime;
  readonly directory: Directory;
  readonly authority: TokenAuthority;
}

/** Throws an EntraRefusal. `notes` is filled as far as the request got. */
export async function answerTokenRequest(
  entra: Entra,
  request: ServiceRequest,
  tenantSegment: string,
  notes: Record<string, string>,
): Promise<Readonly<Record<string, unknown>>> {
  const { runtime, directory, authority } = entra;
  if (request.method !== 'POST') throw requestRefusals.onlyPost(request.method);
  const form = fieldsOf(request);
  notes['client'] = form.get('client_id') ?? '';
  notes['scope'] = form.get('scope') ?? '';

  const tenant = tenantOf(directory, tenantSegment, 'token');
  notes['tenant'] = tenant.tenantId;
  if (required(form, 'grant_type') !== 'client_credentials')
    throw requestRefusals.grantType(form.get('grant_type') ?? '');
  if (form.has('resource')) throw requestRefusals.resourceParameter();
  const clientId = required(form, 'client_id');
  const scope = form.get('scope');
  if (scope === null || scope === '') throw requestRefusals.missingScope();
  const resource = resourceOf(scope);
  const wanted = parseRequestedClaims(form.get('claims') ?? undefined);
  if (wanted === undefined) throw requestRefusals.badClaims();

  const client = directory.servicePrincipal(tenant, clientId);
  if (client === undefined) throw clientRefusals.applicationNotFound(clientId, tenant.tenantId);
  const assertion = form.get('client_assertion');
  if (assertion === null || assertion === '') throw clientRefusals.noAssertion();
  if (required(form, 'client_assertion_type') !== ASSERTION_TYPE) throw requestRefusals.malformed();
  notes['subject'] = await authenticate(runtime, client, assertion);

  if (!isMicrosoftResource(resource) && !directory.isResource(tenant, resource))
    throw clientRefusals.resourceNotFound(resource, tenant.tenantId);
  if (wanted.challengeCapable) notes['cae'] = 'true';
  if (wanted.notBefore !== undefined) notes['notBefore'] = String(wanted.notBefore);

  const lifetime = lifetimeOf(runtime, tenant, wanted);
  const hinted = lifetime >= 7200 || tenant.refreshIn === 'always';
  // One second is always gone by the time Entra says how many are left.
  const expiresIn = lifetime - 1;
  return {
    token_type: 'Bearer',
    expires_in: expiresIn,
    ext_expires_in: expiresIn,
    ...(hinted ? { refresh_in: Math.floor(expiresIn / 2) } : {}),
    access_token: await authority.sign(accessToken(runtime, { tenant, client, resource, wanted, lifetime })),
  };
}

function fieldsOf(request: ServiceRequest): URLSearchParams {
  // Another content type is a form without fields to Entra: it answers that grant_type is missing.
  const form = formOf(request) ?? new URLSearchParams();
  for (const name of new Set(form.keys()))
    if (form.getAll(name).length > 1) throw requestRefusals.duplicateParameter(name);
  return form;
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') throw requestRefusals.missingParameter(name);
  return value;
}

/** Seconds: 20 to 28 hours under continuous access evaluation, else the tenant's policy or 60 to 90 minutes. */
function lifetimeOf(runtime: EmulatorRuntime, tenant: Tenant, wanted: RequestedClaims): number {
  const share = Number.parseInt(runtime.randomHex(4), 16) / 0x1_0000_0000;
  const between = (low: number, high: number): number => low + Math.floor(share * (high - low + 1));
  if (wanted.challengeCapable) return between(20 * 3600, 28 * 3600);
  return tenant.tokenLifetimeSeconds ?? between(3600, 5400);
}

interface Grant {
  readonly tenant: Tenant;
  readonly client: ServicePrincipal;
  readonly resource: string;
  readonly wanted: RequestedClaims;
  readonly lifetime: number;
}

function accessToken(
  runtime: EmulatorRuntime,
  { tenant, client, resource, wanted, lifetime }: Grant,
): Record<string, unknown> {
  const now = Math.floor(runtime.clock.now() / 1000);
  // What a claims challenge asks for, but never a moment that is still to come.
  const from = Math.max(now - BACKDATED_SECONDS, Math.min(wanted.notBefore ?? 0, now));
  const issuer = `https://sts.windows.net/${tenant.tenantId}/`;
  return {
    aud: resource,
    iss: issuer,
    iat: from,
    nbf: from,
    exp: now + lifetime,
    appid: client.clientId,
    appidacr: '2',
    idp: issuer,
    oid: client.objectId,
    sub: client.objectId,
    tid: tenant.tenantId,
    uti: Buffer.from(runtime.randomHex(16), 'hex').toString('base64url'),
    ver: '1.0',
    ...(wanted.challengeCapable ? { xms_cc: ['cp1'] } : {}),
  };
}
