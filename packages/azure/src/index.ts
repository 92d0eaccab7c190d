export { azureCredentialsProvider, getAzureCredentials } from './azure-credentials-provider.js';
export type { AzureCredentialsProviderOptions } from './options.js';
export type {
  AzureAbortSignal,
  AzureConfiguration,
  AzureCredentials,
  AzureCredentialsProvider,
  AzureExchangerFactory,
  AzureRequest,
  AzureTokenOptions,
} from './types.js';
