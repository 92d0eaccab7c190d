/** Storage accounts: their tenant, who may do what, and what they hold. */
import type { EmulatorRuntime } from '../../service.js';
import type { Directory } from '../directory.js';

/** The data roles open blobs; a management role, also Owner, opens none of them. */
export type StorageRole =
  | 'Storage Blob Data Reader'
  | 'Storage Blob Data Contributor'
  | 'Storage Blob Data Owner'
  | 'Reader'
  | 'Contributor'
  | 'Owner';

export interface RoleAssignment {
  readonly clientId: string;
  readonly role: StorageRole;
  /** The scope; the whole account if left out. */
  readonly container?: string | undefined;
}

export interface StorageAccountOptions {
  readonly name: string;
  readonly tenantId: string;
  readonly containers?: readonly string[] | undefined;
  readonly roleAssignments: readonly RoleAssignment[];
  /**
   * "Secure transfer required": plain HTTP is refused before anything is read. True by default; where false, a
   * bearer token is still refused over HTTP.
   */
  readonly httpsTrafficOnly?: boolean | undefined;
}

export interface StoredBlob {
  readonly content: Uint8Array;
  readonly md5: string;
  /** content-type and its kin, by header name. */
  readonly properties: Readonly<Record<string, string>>;
  /** With the prefix `x-ms-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly created: number;
  readonly modified: number;
}

export interface Container {
  readonly etag: string;
  readonly modified: number;
  readonly blobs: Map<string, StoredBlob>;
  /** Blocks that were put and not committed, by blob and block id. */
  readonly blocks: Map<string, Map<string, Uint8Array>>;
}

export interface StorageAccount {
  readonly name: string;
  readonly tenantId: string;
  readonly httpsTrafficOnly: boolean;
  readonly roleAssignments: readonly RoleAssignment[];
  readonly containers: Map<string, Container>;
}

export interface StorageAccounts {
  create(options: StorageAccountOptions): void;
  get(name: string): StorageAccount | undefined;
}

export function createStorageAccounts(runtime: EmulatorRuntime, directory: Directory): StorageAccounts {
  const accounts = new Map<string, StorageAccount>();
  return {
    create(options) {
      const { name, containers = [], roleAssignments, httpsTrafficOnly = true } = options;
      if (!/^[a-z0-9]{3,24}$/.test(name))
        throw new TypeError(`name: 3 to 24 digits and lower-case letters, not ${JSON.stringify(name)}.`);
      if (accounts.has(name)) throw new TypeError(`createStorageAccount: ${name} is an account already.`);
      const tenant = directory.existingTenant(options.tenantId);
      for (const container of containers)
        if (!isContainerName(container))
          throw new TypeError(`containers: ${JSON.stringify(container)} is not a container's name.`);
      accounts.set(name, {
        name,
        tenantId: tenant.tenantId,
        httpsTrafficOnly,
        roleAssignments,
        containers: new Map(containers.map((container) => [container, newContainer(runtime)])),
      });
    },
    get: (name) => accounts.get(name),
  };
}

/** 3 to 63 lower-case letters, digits and single hyphens between them. */
export function isContainerName(name: string): boolean {
  return /^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name);
}

export function newContainer(runtime: EmulatorRuntime): Container {
  return { etag: newEtag(runtime), modified: runtime.clock.now(), blobs: new Map(), blocks: new Map() };
}

export function newEtag(runtime: EmulatorRuntime): string {
  return `"0x8D${runtime.randomHex(6).toUpperCase()}"`;
}
