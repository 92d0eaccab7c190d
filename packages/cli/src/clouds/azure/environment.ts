/** The Vercel token in a file, and the environment variables that point Azure's tools to it. */

import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AzureCredentials } from '@credex/azure';
import type { AzureEntry } from '@credex/config';
import { makeTemporaryFolder } from '../../entry/new-folder.js';
import { writePrivately } from '../../entry/private-file.js';
import type { CloudEnvironment } from '../cloud.js';

/**
 * WorkloadIdentityCredential and DefaultAzureCredential of the SDKs read the first names; Terraform's azurerm, azuread
 * and azapi read the others. None of them takes an access token from a variable: they exchange the Vercel token.
 */
export function fileEnvironment(
  { tenantId, clientId, authorityHost }: AzureEntry,
  path: string,
): Readonly<Record<string, string>> {
  return {
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: clientId,
    AZURE_FEDERATED_TOKEN_FILE: path,
    ...(authorityHost === undefined ? {} : { AZURE_AUTHORITY_HOST: withScheme(authorityHost) }),
    ARM_USE_OIDC: 'true',
    ARM_TENANT_ID: tenantId,
    ARM_CLIENT_ID: clientId,
    ARM_OIDC_TOKEN_FILE_PATH: path,
  };
}

const withScheme = (host: string): string => (/^https?:/.test(host) ? host : `https://${host}`);

export const environment: CloudEnvironment<AzureEntry, AzureCredentials> = {
  conflicts: [
    // `dev` keeps DefaultAzureCredential from reading the token's file.
    'AZURE_TOKEN_CREDENTIALS',
    'AZURE_CLIENT_SECRET',
    'AZURE_CLIENT_CERTIFICATE_PATH',
    'AZURE_CLIENT_CERTIFICATE_PASSWORD',
    'AZURE_USERNAME',
    'AZURE_PASSWORD',
    'ARM_CLIENT_SECRET',
    'ARM_CLIENT_SECRET_FILE_PATH',
    'ARM_CLIENT_ID_FILE_PATH',
    'ARM_CLIENT_CERTIFICATE',
    'ARM_CLIENT_CERTIFICATE_PATH',
    'ARM_CLIENT_CERTIFICATE_PASSWORD',
    'ARM_OIDC_TOKEN',
    'ARM_OIDC_REQUEST_TOKEN',
    'ARM_OIDC_REQUEST_URL',
    'ARM_USE_MSI',
    'ARM_USE_CLI',
    'ARM_USE_AKS_WORKLOAD_IDENTITY',
  ],
  /** The file is in a folder that only the user can read. */
  async prepare({ name, entry, subject }, { env }) {
    const { jwt, expiresAt } = await subject();
    const given = env['XDG_RUNTIME_DIR'];
    const folder = given
      ? await makeTemporaryFolder(given, 'credex-', 'XDG_RUNTIME_DIR')
      : await makeTemporaryFolder(tmpdir(), 'credex-', 'TMPDIR');
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
    const path = join(folder, 'token');
    try {
      await writePrivately(path, jwt);
    } catch (error) {
      await remove();
      throw error;
    }
    return { what: `the Vercel token of ${name}`, expiresAt, env: fileEnvironment(entry, path), remove };
  },
};
