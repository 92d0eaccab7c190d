/** Google Cloud as far as a federated workload meets it. */
import type { Service, EmulatorRuntime } from '../service.js';
import { AccessTokens } from './access-tokens.js';
import type { Directory } from './directory.js';
import { createGcpAdmin, type GcpAdmin } from './admin.js';
import { createIamCredentialsService } from './iam-credentials/service.js';
import { SigningKeys } from './signing-keys.js';
import { createStorageService } from './storage/service.js';
import { createStsService } from './sts/service.js';

export interface GcpCloud {
  /** `gcp-sts`, `gcp-iam-credentials` and `gcp-storage`. */
  readonly services: readonly Service[];
  readonly admin: GcpAdmin;
}

export function createGcpCloud(runtime: EmulatorRuntime): GcpCloud {
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
