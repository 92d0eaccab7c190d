/**
 * What Entra knows: tenants, applications and the service principals that stand for them in each tenant. The
 * rules of a federated identity credential are in federated-credential.ts.
 */
import { credentialProblems, readCredentials, type ReadCredential } from '@credex/explain/internal';
import type { EmulatorRuntime } from '../service.js';
import { isGuid, newGuid } from './guid.js';

// Federated identity credentials as a test writes them, checked by the rules of Microsoft Graph.

export interface FederatedCredential {
  readonly name: string;
  readonly issuer: string;
  /** Left out (`null` in Graph's responses) if there is a `claimsMatchingExpression`. */
  readonly subject?: string | null | undefined;
  /** Exactly one: a list of another length is refused, as Graph does. */
  readonly audience: string | readonly string[];
  /**
   * Of a flexible credential: `claims['sub'] matches 'repo:acme/*' and claims['repository_id'] eq '1'`. Kept for the
   * issuers of GitHub, GitLab and Terraform Cloud, with the claims and operators that Entra allows for each.
   */
  readonly claimsMatchingExpression?:
    { readonly value: string; readonly languageVersion: number } | null | undefined;
}

interface CredentialRules {
  readonly kind: 'application' | 'managed-identity';
  /** The credentials are older than the rules for names and for the ids of GitHub's expressions. */
  readonly isOlder: boolean;
}

/**
 * Graph refuses the same when a credential is created, so that a test cannot rely on what Entra would never hold.
 *
 * @throws TypeError
 */
function checkedCredentials(
  credentials: readonly FederatedCredential[],
  { kind, isOlder }: CredentialRules,
): readonly ReadCredential[] {
  const type = kind === 'application' ? undefined : 'Microsoft.ManagedIdentity/federatedIdentityCredentials';
  const read = readCredentials(
    credentials.map(({ audience, ...fields }) => ({ ...fields, audiences: [audience].flat(), type })),
    true,
  );
  const problem = credentialProblems(read).find(({ code }) => !isOlder || code !== 'refused_today');
  if (problem !== undefined) throw new TypeError(`federatedCredentials${problem.at}: ${problem.message}`);
  return read;
}

export interface TenantOptions {
  readonly tenantId: string;
  /** A verified domain, which stands for the tenant in every path. */
  readonly domain?: string | undefined;
  /**
   * Lifetime of ordinary access tokens in seconds, 600 to 86,400 (a token lifetime policy). Left out: between
   * 60 and 90 minutes at random, as Entra does.
   */
  readonly tokenLifetimeSeconds?: number | undefined;
  /** When an answer has `refresh_in`: for tokens of 2 hours or more (default), or always. */
  readonly refreshIn?: 'long-lived' | 'always' | undefined;
}

export interface ApplicationOptions {
  readonly tenantId: string;
  readonly clientId: string;
  /** The service principal's object id in the home tenant; random if left out. */
  readonly objectId?: string | undefined;
  /** Tenants besides the home tenant in which the application has a service principal. */
  readonly alsoInTenants?: readonly string[] | undefined;
  /** Application ID URIs: resources that tokens can be asked for. `api://{clientId}` always is one. */
  readonly identifierUris?: readonly string[] | undefined;
  /** At most 20. */
  readonly federatedCredentials: readonly FederatedCredential[];
  /**
   * Default: `application`. A user-assigned managed identity takes no expression for GitHub's issuer; all else is the
   * same.
   */
  readonly kind?: CredentialRules['kind'] | undefined;
  /**
   * Default: false. True: the credentials are older than two rules that Graph applies to new ones: that a name is made
   * of letters, digits, `-` and `_`, and that an expression for GitHub compares a numeric id.
   */
  readonly predatesCredentialRules?: boolean | undefined;
}

export interface Tenant {
  readonly tenantId: string;
  readonly domain: string | undefined;
  readonly tokenLifetimeSeconds: number | undefined;
  readonly refreshIn: 'long-lived' | 'always';
}

export interface ServicePrincipal {
  readonly objectId: string;
  readonly clientId: string;
  readonly identifierUris: readonly string[];
  readonly federatedCredentials: readonly ReadCredential[];
}

export interface Directory {
  createTenant(options: TenantOptions): void;
  createApplication(options: ApplicationOptions): void;
  /** By id or verified domain, in any case. */
  tenant(segment: string): Tenant | undefined;
  servicePrincipal(tenant: Tenant, clientId: string): ServicePrincipal | undefined;
  /** Whether a resource of this URI or client id lives in the tenant. */
  isResource(tenant: Tenant, uri: string): boolean;
  revokeTokensIssuedBefore(clientId: string, ms: number): void;
  /** Epoch seconds; tokens whose `nbf` is before are refused to clients that can answer a challenge. */
  revokedBefore(clientId: string): number | undefined;
}

export function createDirectory(runtime: EmulatorRuntime): Directory {
  const tenants = new Map<string, Tenant>();
  const principals = new Map<string, ServicePrincipal>();
  const revocations = new Map<string, number>();
  const key = (tenantId: string, clientId: string): string =>
    `${tenantId.toLowerCase()}/${clientId.toLowerCase()}`;

  const known = (tenantId: string): Tenant => {
    const tenant = tenants.get(tenantId.toLowerCase());
    if (tenant === undefined)
      throw new TypeError(`tenantId: no tenant ${tenantId}; call createTenant first.`);
    return tenant;
  };

  return {
    createTenant({ tenantId, domain, tokenLifetimeSeconds, refreshIn = 'long-lived' }) {
      requireGuid('tenantId', tenantId);
      const seconds = tokenLifetimeSeconds;
      if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 600 && seconds <= 86_400))
        throw new TypeError('tokenLifetimeSeconds: an integer from 600 to 86400.');
      const tenant = { tenantId: tenantId.toLowerCase(), domain, tokenLifetimeSeconds, refreshIn };
      for (const name of [tenantId, domain ?? tenantId]) {
        const taken = tenants.get(name.toLowerCase());
        if (taken !== undefined && taken !== tenant)
          throw new TypeError(`createTenant: ${name} is a tenant already.`);
        tenants.set(name.toLowerCase(), tenant);
      }
    },

    createApplication(options) {
      requireGuid('clientId', options.clientId);
      const federatedCredentials = checkedCredentials(options.federatedCredentials, {
        kind: options.kind ?? 'application',
        isOlder: options.predatesCredentialRules ?? false,
      });
      const home = known(options.tenantId);
      if (principals.has(key(home.tenantId, options.clientId)))
        throw new TypeError(`createApplication: ${options.clientId} is an application already.`);
      for (const tenant of [home, ...(options.alsoInTenants ?? []).map(known)]) {
        const atHome = tenant === home;
        principals.set(key(tenant.tenantId, options.clientId), {
          objectId: (atHome ? options.objectId : undefined) ?? newGuid(runtime),
          clientId: options.clientId.toLowerCase(),
          identifierUris: options.identifierUris ?? [],
          federatedCredentials,
        });
      }
    },

    tenant: (segment) => tenants.get(segment.toLowerCase()),
    servicePrincipal: (tenant, clientId) => principals.get(key(tenant.tenantId, clientId)),

    isResource(tenant, uri) {
      const clientId = uri.startsWith('api://') ? uri.slice('api://'.length) : uri;
      if (principals.has(key(tenant.tenantId, clientId))) return true;
      for (const [id, principal] of principals)
        if (id.startsWith(`${tenant.tenantId}/`) && principal.identifierUris.includes(uri)) return true;
      return false;
    },

    revokeTokensIssuedBefore: (clientId, ms) =>
      void revocations.set(clientId.toLowerCase(), Math.floor(ms / 1000)),
    revokedBefore: (clientId) => revocations.get(clientId.toLowerCase()),
  };
}

function requireGuid(option: string, value: string): void {
  if (!isGuid(value)) throw new TypeError(`${option}: a GUID, not ${JSON.stringify(value)}.`);
}
