export type { AzureCredentialsProvider, AzureTokenOptions } from './azure-credentials-provider.js';
export { azureCredentialsProvider, getAzureCredentials } from './azure-credentials-provider.js';
export type { AzureCredentialsProviderOptions } from './options.js';
export type { AzureConfiguration, AzureCredentials, AzureExchangerFactory, AzureRequest } from './types.js';
export type { AzureAbortSignal } from './caller-signal.js';
