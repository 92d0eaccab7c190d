/**
 * What the packages of credex share. Unversioned: each release may change it, and all packages depend on exactly one
 * version of each other. Users import from `@credex/core`, authors of exchangers from `@credex/core/driver`.
 */

export type {
  ErrorClass,
  ExchangeContext,
  Exchanger,
  HttpResponse,
  ExchangeResult,
  RetryAdvice,
} from './contract.js';
export { discard } from './http/http.js';
export { builtinModule } from './runtime/environment.js';
export { createCredentialCache } from './cache/cache.js';
export { canonicalJson } from './cache/key.js';
export type { Moment } from './runtime/clock.js';
export { momentOf, since, startTimer, systemClock } from './runtime/clock.js';
export { environmentVariable, ownEnvironment } from './runtime/environment.js';
export { FederationError, OptionError, federationErrorOf, presentedToken } from './errors.js';
export {
  assertExpected,
  isExpected,
  isNameOnly,
  normalizeExpectation,
  unexpectedMembers,
} from './token/expect.js';
export { MAX_ANSWER_BYTES, ownRequestInit, redirected, sendByFetch, tooLong } from './http/http.js';
export type { SendInit, Transport } from './http/http.js';
export { transportOf, withSecureSockets } from './http/transport.js';
export {
  invalidOption,
  optionalBoolean,
  optionalClock,
  optionalFunction,
  optionalInteger,
  optionalString,
  optionalStringList,
  ownMembers,
  ownOptions,
  requiredString,
} from './options/assert.js';
export type { Grammar, OptionName } from './options/assert.js';
export { createCredentialProvider } from './provider.js';
export type { DriverCall } from './cache/call.js';
export { OwnCall } from './cache/call.js';
export type { CredentialProviderOptions } from './provider-options.js';
export type { DriverProvider } from './cache/call.js';
export { ONCE, memberOf, optionNames, ownCopy, parseJson, parseJsonObject } from './own.js';
export type { LinkedSignal, SignalLike } from './runtime/linked-signal.js';
export { linkedSignal } from './runtime/linked-signal.js';
export { didYouMean } from './options/assert.js';
export type { CallerCopy } from './cache/record.js';
export { callerError } from './errors.js';
export { cleanServerText, errorLine } from './redact.js';
export { oneLine, shown, visible } from './redact.js';
export { isLaptop, onVercel } from './runtime/environment.js';
export { UnreadableFile, readRegularFile } from './runtime/regular-file.js';
export { sha256 } from './cache/key.js';
export { newestToken, rememberNewest, rememberedSubjectToken } from './cache/remembered-token.js';
export { UNNAMED_SOURCE, readSubjectToken } from './token/read.js';
export {
  DOMAIN_NAME,
  HOST_LABEL,
  SERVICE_ACCOUNT_EMAIL,
  TEAM_SLUG,
  TENANT,
  endpointUrl,
  httpsUrl,
  isLoopback,
} from './options/endpoint.js';
export type { EndpointRules, UrlParts } from './options/endpoint.js';
export { SHARED_OPTION_NAMES } from './provider-options.js';
export { providerOptions } from './shared-options.js';
export type { Invocation } from './runtime/deadline.js';
export { DIAGNOSTICS_CHANNEL } from './events.js';
export type { PlatformDefaults } from './shared-options.js';
export { retryAfterMs, serverDate } from './http/headers.js';
export { optionalPackage } from './runtime/optional-package.js';
export type { OptionalPackage } from './runtime/optional-package.js';
export { transportFailure } from './http/failure.js';
export type { TransportFailure } from './http/failure.js';
export { ResponseError } from './http/response-error.js';
/** For the texts of network failures, which load with the first one. */
export { PROXY_VARIABLES, isProxied } from './http/proxy-environment.js';
export { rememberProviders } from './options/remember-providers.js';
// For cache/store-stage.ts, which is loaded with the first refresh of a provider that has a store.
export { findEntry, keepEntry, policyOf } from './cache/cache.js';
// For watch.ts, which is part of the index.
export { processWideCache } from './cache/cache.js';
export { valueKey } from './cache/key.js';
export { SHORTEST_LIFETIME_MS } from './cache/policy.js';
export { frozenRecord, isNested } from './cache/record.js';
export { isOutdated } from './cache/refresh-result.js';
export { sleep } from './runtime/deadline.js';
export { subjectTokenOf } from './token/read.js';
// For token/source-error.ts, which is loaded with the first error of a token source.
export { loadFailureHint } from './errors.js';
