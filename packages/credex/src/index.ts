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
export type { AuthorizeOptions } from './authorize.js';
export type { AnyCall, Credentials } from './create-credentials.js';
export { createCredentials, getCredentials } from './create-credentials.js';
export type { AnyCredentials, AnyProvider } from './provider-types.js';
export type { AwsSettings, AzureSettings, CredentialsSettings, GcpSettings } from './settings.js';
