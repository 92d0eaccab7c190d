export type {
  Clock,
  Credential,
  CredentialCall,
  CredentialProvider,
  CredentialState,
  CredentialStatus,
  FederationErrorCode,
  Json,
  PasswordFunction,
  PresentedToken,
  Subject,
  SubjectClaims,
  SubjectToken,
  SubjectTokenRequest,
  SubjectTokenSource,
  TokenSourceDescription,
} from './contract.js';
export type {
  CredentialStore,
  EncryptedStore,
  OpenedRecord,
  StoreOperation,
  StoredCredential,
} from './store-contract.js';
export type { CredentialCache, CredentialCacheOptions } from './cache/cache.js';
export { createCredentialCache } from './cache/cache.js';
export type { OptionErrorCode } from './errors.js';
export { OptionError } from './errors.js';
export type { FederationErrorInit } from './federation-error.js';
export { FederationError } from './federation-error.js';
export type { CredentialEvent, OnEvent, StoreOutcome } from './events.js';
export type { Expectation } from './token/subject-token.js';
export type { Fetch } from './http/http.js';
export type { SharedOptions, TokenFunction } from './provider-options.js';
export type { WatchCredentialsOptions } from './watch.js';
export { watchCredentials } from './watch.js';
