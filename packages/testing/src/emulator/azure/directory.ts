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

export class Directory {
  readonly #runtime: EmulatorRuntime;
  readonly #tenants = new Map<string, Tenant>();
  readonly #principals = new Map<string, ServicePrincipal>();
  readonly #revocations = new Map<string, number>();

  constructor(runtime: EmulatorRuntime) {
    this.#runtime = runtime;
  }

  createTenant({ tenantId, domain, tokenLifetimeSeconds, refreshIn = 'long-lived' }: TenantOptions): void {
    requireGuid('tenantId', tenantId);
    const seconds = tokenLifetimeSeconds;
    if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 600 && seconds <= 86_400))
      throw new TypeError('tokenLifetimeSeconds: an integer from 600 to 86400.');
    const tenant = { tenantId: tenantId.toLowerCase(), domain, tokenLifetimeSeconds, refreshIn };
    for (const name of [tenantId, domain ?? tenantId]) {
      const taken = this.tenant(name);
      if (taken !== undefined && taken !== tenant)
        throw new TypeError(`createTenant: ${name} is a tenant already.`);
      this.#tenants.set(name.toLowerCase(), tenant);
    }
  }

  createApplication(options: ApplicationOptions): void {
    requireGuid('clientId', options.clientId);
    const federatedCredentials = checkedCredentials(options.federatedCredentials, {
      kind: options.kind ?? 'application',
      isOlder: options.predatesCredentialRules ?? false,
    });
    const home = this.existingTenant(options.tenantId);
    if (this.servicePrincipal(home, options.clientId) !== undefined)
      throw new TypeError(`createApplication: ${options.clientId} is an application already.`);
    const others = (options.alsoInTenants ?? []).map((one) => this.existingTenant(one));
    for (const tenant of [home, ...others]) {
      const atHome = tenant === home;
      this.#principals.set(keyOf(tenant, options.clientId), {
        objectId: (atHome ? options.objectId : undefined) ?? newGuid(this.#runtime),
        clientId: options.clientId.toLowerCase(),
        identifierUris: options.identifierUris ?? [],
        federatedCredentials,
      });
    }
  }

  /** By id or verified domain, in any case. */
  tenant(segment: string): Tenant | undefined {
    return this.#tenants.get(segment.toLowerCase());
  }

  /** @throws TypeError for one that was not created */
  existingTenant(tenantId: string): Tenant {
    const tenant = this.tenant(tenantId);
    if (tenant === undefined)
      throw new TypeError(`tenantId: no tenant ${tenantId}; call createTenant first.`);
    return tenant;
  }

  servicePrincipal(tenant: Tenant, clientId: string): ServicePrincipal | undefined {
    return this.#principals.get(keyOf(tenant, clientId));
  }

  /** Whether a resource of this URI or client id lives in the tenant. */
  isResource(tenant: Tenant, uri: string): boolean {
    const clientId = uri.startsWith('api://') ? uri.slice('api://'.length) : uri;
    if (this.servicePrincipal(tenant, clientId) !== undefined) return true;
    return [...this.#principals].some(
      ([id, { identifierUris }]) => id.startsWith(keyOf(tenant, '')) && identifierUris.includes(uri),
    );
  }

  revokeTokensIssuedBefore(clientId: string, ms: number): void {
    this.#revocations.set(clientId.toLowerCase(), Math.floor(ms / 1000));
  }

  /** Epoch seconds; tokens whose `nbf` is before are refused to clients that can answer a challenge. */
  revokedBefore(clientId: string): number | undefined {
    return this.#revocations.get(clientId.toLowerCase());
  }
}

const keyOf = ({ tenantId }: Tenant, clientId: string): string => `${tenantId}/${clientId.toLowerCase()}`;

function requireGuid(option: string, value: string): void {
  if (!isGuid(value)) throw new TypeError(`${option}: a GUID, not ${JSON.stringify(value)}.`);
}
