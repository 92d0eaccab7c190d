/** Google Cloud as far as a federated workload meets it, and what its administrator does in the console, with Google's own limits. */
import type { JSONWebKeySet } from 'jose';
import type { EmulatedCloud, EmulatorRuntime } from '../service.js';
import { createIamCredentialsService } from './iam-credentials/service.js';
import { SigningKeys } from './signing-keys.js';
import { createStorageService } from './storage/service.js';
import { createStsService } from './sts/service.js';
import { poolName, type Directory, type Pool, type Project, type ServiceAccount } from './directory.js';
import { createPoolProvider, type PoolProvider, type ProviderConfig } from './sts/pool-provider.js';
import { assertBindings, type Binding } from './principal.js';
import { BUCKET_ROLES, SERVICE_ACCOUNT_ROLES } from './roles.js';
import { AccessTokens, type GcpParts, type Grant } from './access-tokens.js';

export interface PoolId {
  /** Digits: the number, not the id, is what resource names carry. */
  readonly projectNumber: string;
  readonly poolId: string;
}

export interface ProviderId extends PoolId {
  readonly providerId: string;
}

export interface ServiceAccountConfig {
  readonly email: string;
  /** Who may act as it. */
  readonly bindings: readonly Binding[];
  /** Listed in constraints/iam.allowServiceAccountCredentialLifetimeExtension: up to 12 hours instead of one. */
  readonly allowExtendedLifetime?: boolean | undefined;
}

export interface ProjectConfig {
  /** The id, not the number: what stands behind the @ of its service accounts' addresses. */
  readonly projectId: string;
  /** Of the project, and of the folders and the organization above it: its service accounts inherit them. */
  readonly bindings: readonly Binding[];
}

/** Every method throws a TypeError for what Google would refuse, for a duplicate and for an unknown name. */
export interface GcpAdmin {
  createPool(pool: PoolId & { readonly disabled?: boolean | undefined }): void;
  createProvider(provider: ProviderId & ProviderConfig): void;
  /** A disabled pool takes no exchange, and the tokens that were issued stop working until it is enabled. */
  setPoolDisabled(pool: PoolId & { readonly disabled: boolean }): void;
  /** A disabled provider takes no exchange; the tokens that were issued go on working, as at Google. */
  setProviderDisabled(provider: ProviderId & { readonly disabled: boolean }): void;
  /** A service account of a project that was not created inherits nothing. */
  createProject(project: ProjectConfig): void;
  setProjectBindings(projectId: string, bindings: readonly Binding[]): void;
  createServiceAccount(account: ServiceAccountConfig): void;
  setServiceAccountBindings(email: string, bindings: readonly Binding[]): void;
  createBucket(bucket: { readonly name: string; readonly bindings: readonly Binding[] }): void;
  setBucketBindings(name: string, bindings: readonly Binding[]): void;
  /** The keys that ID tokens of `generateIdToken` are signed with, as `https://www.googleapis.com/oauth2/v3/certs`. */
  idTokenKeys(): Promise<JSONWebKeySet>;
  /** The keys of `signBlob` and `signJwt`. */
  serviceAccountKeys(email: string): Promise<JSONWebKeySet>;
  /** What an access token stands for, if Google issued it and it is valid now; for services that are not part of the emulator. */
  accessToken(token: string): GcpAccessToken | undefined;
}

export interface GcpAccessToken {
  /** The email address; undefined for a federated token. */
  readonly serviceAccount: string | undefined;
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export function createGcpCloud(runtime: EmulatorRuntime): EmulatedCloud<GcpAdmin> {
  const directory: Directory = {
    pools: new Map(),
    projects: new Map(),
    serviceAccounts: new Map(),
    buckets: new Map(),
  };
  const parts = { runtime, directory, keys: new SigningKeys(), tokens: new AccessTokens(runtime) };
  return {
    services: [createStsService(parts), createIamCredentialsService(parts), createStorageService(parts)],
    admin: createGcpAdmin(parts),
  };
}

function createGcpAdmin({ runtime, directory, keys, tokens }: GcpParts): GcpAdmin {
  const { pools, projects, serviceAccounts, buckets } = directory;
  return {
    createPool: ({ projectNumber, poolId, disabled }) => {
      if (!/^\d+$/.test(projectNumber))
        throw new TypeError(`projectNumber: digits, not a project id (${projectNumber})`);
      assertId('poolId', poolId);
      add('pool', pools, poolName(projectNumber, poolId), {
        disabled: disabled ?? false,
        providers: new Map(),
      });
    },
    createProvider: ({ providerId, ...config }) => {
      assertId('providerId', providerId);
      const name = poolName(config.projectNumber, config.poolId);
      const provider = createPoolProvider(`${name}/providers/${providerId}`, config);
      add('provider', poolOf(directory, config).providers, providerId, provider);
    },
    setPoolDisabled: (pool) => {
      poolOf(directory, pool).disabled = pool.disabled;
    },
    setProviderDisabled: (provider) => {
      providerOf(directory, provider).disabled = provider.disabled;
    },
    createProject: ({ projectId, bindings }) => {
      if (!/^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(projectId))
        throw new TypeError(`projectId: ${projectId} is no project id`);
      add<Project>('project', projects, projectId, {
        bindings: checked(projectId, bindings, SERVICE_ACCOUNT_ROLES),
      });
    },
    setProjectBindings: (projectId, bindings) => {
      existing('project', projects, projectId).bindings = checked(projectId, bindings, SERVICE_ACCOUNT_ROLES);
    },
    createServiceAccount: ({ email, bindings, allowExtendedLifetime }) => {
      if (!/^[^@\s/:]+@[^@\s/:]+$/.test(email)) throw new TypeError(`email: ${email} is no email address`);
      add<ServiceAccount>('service account', serviceAccounts, email, {
        email,
        uniqueId: numericId(runtime),
        allowExtendedLifetime: allowExtendedLifetime ?? false,
        bindings: checked(email, bindings, SERVICE_ACCOUNT_ROLES),
      });
    },
    setServiceAccountBindings: (email, bindings) => {
      existing('service account', serviceAccounts, email).bindings = checked(
        email,
        bindings,
        SERVICE_ACCOUNT_ROLES,
      );
    },
    createBucket: ({ name, bindings }) => {
      if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(name))
        throw new TypeError(`name: ${name} is no bucket name`);
      add('bucket', buckets, name, {
        name,
        createdAt: runtime.clock.now(),
        bindings: checked(name, bindings, BUCKET_ROLES),
        objects: new Map(),
      });
    },
    setBucketBindings: (name, bindings) => {
      existing('bucket', buckets, name).bindings = checked(name, bindings, BUCKET_ROLES);
    },
    idTokenKeys: () => keys.idTokens.jwks(),
    serviceAccountKeys: (email) =>
      keys.ofServiceAccount(existing('service account', serviceAccounts, email).email).jwks(),
    accessToken: (token) => validAccessToken(tokens.find(token), runtime.clock.now()),
  };
}

function validAccessToken(grant: Grant | undefined, now: number): GcpAccessToken | undefined {
  if (grant === undefined || grant.expiresAt <= now) return undefined;
  const { principal, scopes, expiresAt } = grant;
  return {
    serviceAccount: principal.kind === 'service-account' ? principal.email : undefined,
    scopes,
    expiresAt,
  };
}

const poolOf = ({ pools }: Directory, { projectNumber, poolId }: PoolId): Pool =>
  existing('pool', pools, poolName(projectNumber, poolId));

const providerOf = (directory: Directory, id: ProviderId): PoolProvider =>
  existing('provider', poolOf(directory, id).providers, id.providerId);

function checked(
  label: string,
  bindings: readonly Binding[],
  roles: ReadonlyMap<string, unknown>,
): readonly Binding[] {
  assertBindings(label, bindings, new Set(roles.keys()));
  return bindings.map(({ role, members }) => ({ role, members: [...members] }));
}

function assertId(label: string, id: string): void {
  if (!/^[a-z0-9-]{4,32}$/.test(id) || id.startsWith('gcp-'))
    throw new TypeError(`${label}: 4 to 32 of a-z, 0-9 and hyphen, not beginning with gcp- (${id})`);
}

function add<V>(what: string, map: Map<string, V>, name: string, value: V): void {
  if (map.has(name)) throw new TypeError(`There is a ${what} ${name} already`);
  map.set(name, value);
}

function existing<V>(what: string, map: ReadonlyMap<string, V>, name: string): V {
  const found = map.get(name);
  if (found === undefined) throw new TypeError(`There is no ${what} ${name}`);
  return found;
}

/** 21 digits, as Google numbers its accounts. */
function numericId(runtime: EmulatorRuntime): string {
  const digits = BigInt(`0x${runtime.randomHex(9)}`)
    .toString()
    .padStart(20, '0')
    .slice(-20);
  return `1${digits}`;
}
