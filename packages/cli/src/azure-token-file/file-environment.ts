/** The variables by which Azure's tools are told of the token's file. */

import type { AzureEntry } from '@credex/config';

/**
 * WorkloadIdentityCredential and DefaultAzureCredential of the SDKs read the first names, Terraform's azurerm, azuread
 * and azapi the others. None of them takes an access token by a variable: they make the exchange themselves.
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
