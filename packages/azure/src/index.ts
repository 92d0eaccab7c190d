export type { AzureCredentialsProvider, AzureTokenOptions } from './azure-credentials-provider.js';
export { azureCredentialsProvider, getAzureCredentials } from './azure-credentials-provider.js';
export type { AzureCredentialsProviderOptions } from './azure-options.js';
export type {
  AzureConfiguration,
  AzureCredentials,
  AzureExchangerFactory,
  AzureRequest,
} from './azure-types.js';
export type { AzureAbortSignal } from './caller-signal.js';
