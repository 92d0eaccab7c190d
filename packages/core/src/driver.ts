/** For authors of exchangers: the contract, and what makes a provider of one. Users import from `@credex/core`. */

export { createCredentialProvider } from './provider.js';
export type { DriverProvider } from './cache/call.js';
export type { CredentialProviderOptions } from './provider-options.js';
export type {
  ErrorClass,
  ExchangeContext,
  ExchangeResult,
  Exchanger,
  HttpResponse,
  RetryAdvice,
} from './contract.js';
export { OptionError } from './errors.js';
export { FederationError } from './federation-error.js';
export { endpointUrl } from './options/endpoint.js';
export { readSubjectToken } from './token/source-error.js';
