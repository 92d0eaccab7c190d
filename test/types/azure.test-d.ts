/** The shapes of @credex/azure against the vendor's own types. Compiled, never run. */

import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import type {
  AzureConfiguration,
  AzureCredentials,
  AzureCredentialsProvider,
  AzureCredentialsProviderOptions,
  AzureExchangerFactory,
  AzureRequest,
} from '@credex/azure';
import { azureCredentialsProvider, getAzureCredentials } from '@credex/azure';
import { azureIdentityExchanger } from '@credex/azure/identity';
import type { CredentialProvider } from '@credex/core';

const url = 'https://account.blob.core.windows.net';
const provider: AzureCredentialsProvider = azureCredentialsProvider();

// A TokenCredential as it is, and a portable provider too.
export const credential: TokenCredential = provider;
export const portable: CredentialProvider<AzureCredentials, AzureRequest> = provider;
export const blobs = new BlobServiceClient(url, provider);
export const either: TokenCredential[] = [provider, new DefaultAzureCredential()];

export async function tokens(options: GetTokenOptions): Promise<readonly AccessToken[]> {
  const issued: AzureCredentials = await provider.getToken(['https://vault.azure.net/.default'], options);
  const { token, expiresOnTimestamp, expiresAt, refreshAfterTimestamp } = await getAzureCredentials();
  const kept: [string, number, number, number | undefined] = [
    token,
    expiresOnTimestamp,
    expiresAt,
    refreshAfterTimestamp,
  ];
  // @ts-expect-error: the members are typed as read-only
  issued.token = kept[0];
  return [issued, await getAzureCredentials({ scopes: 'https://vault.azure.net/.default' })];
}

export const request: AzureRequest = {
  scopes: ['https://vault.azure.net/.default'],
  tenantId: 'contoso.com',
  enableCae: true,
};
void provider.getCredentials({ request: { enableCae: true }, forceRefresh: true });
provider.invalidate((held) => held.expiresAt < 0);

// Options: undefined is left out; lists may be readonly.
const scopes = ['https://vault.azure.net/.default'] as const;
export const options: AzureCredentialsProviderOptions = {
  tenantId: undefined,
  scopes,
  additionallyAllowedTenants: '*',
};
// @ts-expect-error: snake_case has no twin
azureCredentialsProvider({ tenant_id: 'contoso.com' });
// @ts-expect-error: a list of tenants, or '*'
azureCredentialsProvider({ additionallyAllowedTenants: 'contoso.com' });
// @ts-expect-error: an application has no secret here
azureCredentialsProvider({ clientSecret: 'secret' });

export const exchanger: AzureExchangerFactory = azureIdentityExchanger({
  clientOptions: { tlsOptions: { ca: 'PEM' }, proxyOptions: { host: 'http://proxy', port: 8080 } },
});
azureCredentialsProvider({ exchanger });
// @ts-expect-error: where the token goes is an option of the provider
azureIdentityExchanger({ clientOptions: { authorityHost: 'https://evil.example' } });
// @ts-expect-error: nothing but credex caches
azureIdentityExchanger({ clientOptions: { tokenCachePersistenceOptions: { enabled: true } } });

export const shown = (configuration: AzureConfiguration): string => configuration.authorityHost;
