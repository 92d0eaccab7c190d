export { gcpCredentialsProvider, getGcpCredentials } from './gcp-credentials-provider.js';
export type { GcpCredentialsProviderOptions, GcpOptions } from './options.js';
export type {
  GcpConfiguration,
  GcpCredentials,
  GcpCredentialsProvider,
  GcpExchangerFactory,
  GcpRequest,
} from './types.js';
