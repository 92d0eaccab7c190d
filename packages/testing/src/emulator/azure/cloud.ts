/** Azure in the emulator: Entra, and the blob service that its tokens open. */
import type { EmulatedCloud, EmulatorRuntime } from '../service.js';
import { createBlobService } from './blob/service.js';
import { Directory, type ApplicationOptions, type TenantOptions } from './directory.js';
import { createEntraService } from './entra/service.js';
import { createStorageAccounts } from './blob/storage-accounts.js';
import type { StorageAccountOptions } from './blob/storage-accounts.js';
import { createTokenAuthority } from './token-authority.js';
import type { SigningKey } from './token-authority.js';

export type { ApplicationOptions, TenantOptions, FederatedCredential } from './directory.js';
export type { RoleAssignment, StorageAccountOptions, StorageRole } from './blob/storage-accounts.js';
export type { SigningKey } from './token-authority.js';

export interface AzureAdmin {
  createTenant(options: TenantOptions): void;
  /** An app registration or managed identity with its federated credentials, and its service principals. */
  createApplication(options: ApplicationOptions): void;
  createStorageAccount(options: StorageAccountOptions): void;
  /**
   * From now on the blob service answers this application's older tokens with a claims challenge, where their
   * client said that it can answer one (`xms_cc` has `cp1`; any other token stays good until it ends, as with
   * Azure). Entra dates tokens five minutes back: only a request that carries the challenge's claims brings one
   * that is new enough at once.
   */
  revokeTokensIssuedBefore(clientId: string, ms: number): void;
  /**
   * The claims of an access token of any resource, if Entra issued it and it is valid now; for services that are not part of the
   * emulator. Tenant, audience and principal are for the service to judge.
   */
  verifyAccessToken(token: string): Promise<Readonly<Record<string, unknown>> | undefined>;
}

/** `signingKey`: Entra's own RS256 pair, extractable; left out, one is made with the first token. */
export function createAzureCloud(
  runtime: EmulatorRuntime,
  signingKey?: SigningKey,
): EmulatedCloud<AzureAdmin> {
  const directory = new Directory(runtime);
  const accounts = createStorageAccounts(runtime, directory);
  const entra = { runtime, directory, authority: createTokenAuthority(runtime, signingKey) };
  return {
    services: [createEntraService(entra), createBlobService(entra, accounts)],
    admin: {
      createTenant: (options) => directory.createTenant(options),
      createApplication: (options) => directory.createApplication(options),
      createStorageAccount: (options) => accounts.create(options),
      revokeTokensIssuedBefore: (clientId, ms) => directory.revokeTokensIssuedBefore(clientId, ms),
      async verifyAccessToken(token) {
        const claims = await entra.authority.verify(token);
        const now = runtime.clock.now();
        const isValid = now >= (claims?.nbf ?? Infinity) * 1000 && now < (claims?.exp ?? 0) * 1000;
        return isValid ? claims : undefined;
      },
    },
  };
}
