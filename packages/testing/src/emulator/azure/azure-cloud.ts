/** Azure in the emulator: Entra, and the blob service that its tokens open. */
import type { Service, World } from '../service.js';
import { createDirectory } from './directory.js';
import type { ApplicationOptions, TenantOptions } from './directory.js';
import { createEntraService } from './entra.js';
import { createTokenAuthority } from './token-authority.js';
import type { SigningKey } from './token-authority.js';

export type { ApplicationOptions, FederatedCredential, TenantOptions } from './directory.js';

export interface AzureAdmin {
  createTenant(options: TenantOptions): void;
  createApplication(options: ApplicationOptions): void;
}

export interface AzureCloud {
  readonly services: readonly Service[];
  readonly admin: AzureAdmin;
}

export function createAzureCloud(world: World, signingKey?: SigningKey): AzureCloud {
  const directory = createDirectory(world);
  const authority = createTokenAuthority(world, signingKey);
  return {
    services: [createEntraService({ world, directory, authority })],
    admin: {
      createTenant: (options) => directory.createTenant(options),
      createApplication: (options) => directory.createApplication(options),
    },
  };
}
