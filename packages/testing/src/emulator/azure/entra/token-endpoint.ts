/** `POST /{tenant}/oauth2/v2.0/token`: the client credentials grant with a federated assertion (RFC 7523, 2.2). */
import { formOf } from '../../request-content.js';
import type { ServiceRequest, EmulatorRuntime } from '../../service.js';
import { authenticate } from './client-assertion.js';
import type { Directory, ServicePrincipal, Tenant } from '../directory.js';
import { clientRefusals, requestRefusals } from './refusal.js';
import { tenantOf } from './tenant.js';
import { parseRequestedClaims, type RequestedClaims } from './requested-claims.js';
import { isMicrosoftResource, resourceOf } from './resources.js';
import type { TokenAuthority } from '../token-authority.js';

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
