/** What an administrator has set up: pools with their providers, service accounts, buckets. */
import type { Binding } from './principal.js';
import type { PoolProvider } from './sts/pool-provider.js';
import type { StoredObject } from './storage/stored-object.js';

export interface Pool {
  disabled: boolean;
  /** By provider id. */
  readonly providers: Map<string, PoolProvider>;
}

export interface ServiceAccount {
  readonly email: string;
  /** 21 digits; `sub` and `azp` of its ID tokens. */
  readonly uniqueId: string;
  readonly allowExtendedLifetime: boolean;
  bindings: readonly Binding[];
}

export interface Bucket {
  readonly name: string;
  readonly createdAt: number;
  bindings: readonly Binding[];
  readonly objects: Map<string, StoredObject>;
}

/** A project as its allow policy and those above it say: a folder's and the organization's are inherited too. */
export interface Project {
  bindings: readonly Binding[];
}

export interface Directory {
  /** By `projects/{number}/locations/global/workloadIdentityPools/{pool}`. */
  readonly pools: Map<string, Pool>;
  /** By project id, `acme-prod`. */
  readonly projects: Map<string, Project>;
  /** By email. */
  readonly serviceAccounts: Map<string, ServiceAccount>;
  readonly buckets: Map<string, Bucket>;
}

export const poolName = (projectNumber: string, poolId: string): string =>
  `projects/${projectNumber}/locations/global/workloadIdentityPools/${poolId}`;
