export type {
  AwsEntry,
  AzureEntry,
  CommonEntry,
  Config,
  ConfigProblem,
  Entry,
  ExactConfig,
  GcpEntry,
  LoadOptions,
  ProviderName,
  ResolvedEntry,
} from '@credex/config';
export { ConfigError, defineConfig, loadConfig, resolveEntry } from '@credex/config';
export type { AwsSettings } from './clouds/aws.js';
export type { AzureSettings } from './clouds/azure.js';
export type { AuthorizeOptions } from './clouds/cloud.js';
export type { AnyCredentials, AnyProvider } from './clouds/clouds.js';
export type { GcpSettings } from './clouds/gcp.js';
export type { AnyCall, Credentials } from './create-credentials.js';
export { createCredentials, getCredentials } from './create-credentials.js';
export type { CredentialsSettings } from './settings.js';
