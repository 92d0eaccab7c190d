import type { AzureEntry } from '@credex/config';
import { optionNames } from '@credex/core/internal';
import type { CodeOnly, CredexCloud } from './cloud.js';

/** Settings for all Azure entries. */
export interface AzureSettings extends CodeOnly<AzureEntry>, Pick<AzureEntry, 'authorityHost'> {
  readonly exchanger?: import('@credex/azure').AzureExchangerFactory | undefined;
}

export const azure: CredexCloud<{
  provider: import('@credex/azure').AzureCredentialsProvider;
  credentials: import('@credex/azure').AzureCredentials;
  settings: AzureSettings;
}> = {
  settings: optionNames<AzureSettings>({
    exchanger: true,
    authorityHost: true,
    origins: true,
    allowLoopbackHttp: true,
  }),
  factory: async (failed) => (await import('@credex/azure').catch(failed)).azureCredentialsProvider,
  requests: async () => (await import('./azure-requests.js')).azureRequests,
};
