export type { GcpCredentialsProvider, GcpCredentialsProviderOptions } from './gcp-credentials-provider.js';
export { gcpCredentialsProvider, getGcpCredentials } from './gcp-credentials-provider.js';
export type { GcpCredentials, GcpExchangerFactory, GcpRequest } from './gcp-exchanger.js';
export type { GcpConfiguration, GcpOptions } from './options.js';
