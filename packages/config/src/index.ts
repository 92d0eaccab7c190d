export type { ConfigProblem } from './config-error.js';
export { ConfigError } from './config-error.js';
export type { ExactConfig } from './define-config.js';
export { defineConfig } from './define-config.js';
export type { AwsEntry, AzureEntry, CommonEntry, Config, Entry, GcpEntry, ProviderName } from './entries.js';
export { loadConfig } from './load-config.js';
export type { LoadOptions } from './load-options.js';
export type { ResolvedEntry } from './resolve-entry.js';
export { resolveEntry } from './resolve-entry.js';
