/** Tenants, and what a client reads before it asks for a token. Every URL is of the origin that the request came to. */
import type { ServiceRequest } from '../../service.js';
import type { Directory, Tenant } from '../directory.js';
import { isGuid } from '../guid.js';
import { requestRefusals } from './refusal.js';

const DNS_NAME = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;
/** Segments that stand for no tenant in particular. */
const MULTI_TENANT: ReadonlySet<string> = new Set(['common', 'organizations', 'consumers']);

/** The tenant of a path; throws an EntraRefusal. */
export function tenantOf(directory: Directory, segment: string, at: 'token' | 'discovery'): Tenant {
  const tenant = directory.tenant(segment);
  if (tenant !== undefined) return tenant;
  if (MULTI_TENANT.has(segment.toLowerCase())) throw requestRefusals.noTenant();
  if (isGuid(segment) || DNS_NAME.test(segment)) throw requestRefusals.tenantNotFound(segment, at);
  throw requestRefusals.tenantSyntax(segment);
}

type JsonObject = Readonly<Record<string, unknown>>;

function originOf(request: ServiceRequest): string {
  return `${request.secure ? 'https' : 'http'}://${request.host}`;
}

/** OpenID Connect Discovery 1.0. A domain is answered with the tenant's id in all URLs, as Entra does. */
export function openidConfiguration(
  directory: Directory,
  request: ServiceRequest,
  segment: string,
): JsonObject {
  const shared = MULTI_TENANT.has(segment);
  const path = shared ? segment : tenantOf(directory, segment, 'discovery').tenantId;
  const authority = `${originOf(request)}/${path}`;
  return {
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${authority}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: `${originOf(request)}/${shared ? '{tenantid}' : path}/v2.0`,
    request_uri_parameter_supported: false,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${authority}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
  };
}

const CLOUDS: readonly JsonObject[] = [
  {
    preferred_network: 'login.microsoftonline.com',
    preferred_cache: 'login.windows.net',
    aliases: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
  },
  {
    preferred_network: 'login.partner.microsoftonline.cn',
    preferred_cache: 'login.partner.microsoftonline.cn',
    aliases: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn'],
  },
  {
    preferred_network: 'login.microsoftonline.us',
    preferred_cache: 'login.microsoftonline.us',
    aliases: ['login.microsoftonline.us', 'login.usgovcloudapi.net'],
  },
];

/** `/common/discovery/instance`, version 1.1: whether a host is an authority, and under which names. */
export function instanceDiscovery(request: ServiceRequest): JsonObject {
  const asked = request.query.get('authorization_endpoint');
  if (asked === null || asked === '') throw requestRefusals.missingParameter('authorization_endpoint');
  if (!URL.canParse(asked)) throw requestRefusals.unknownInstance();
  const { protocol, host, pathname } = new URL(asked);
  const own = { preferred_network: request.host, preferred_cache: request.host, aliases: [request.host] };
  const metadata = [...CLOUDS, own];
  const known = metadata.some((cloud) => (cloud['aliases'] as readonly string[]).includes(host));
  if (protocol !== 'https:' || !known) throw requestRefusals.unknownInstance();
  const tenant = pathname.split('/')[1] ?? 'common';
  return {
    tenant_discovery_endpoint: `https://${host}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata,
  };
}
