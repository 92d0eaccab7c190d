/** For authors of exchangers, token sources and factories. Users import from `@credex/core`. */

export type {
  ErrorClass,
  ExchangeContext,
  Exchanger,
  HttpResponse,
  ExchangeResult,
  RetryAdvice,
} from './contract.js';
export { discard } from './bounded-text.js';
export { builtinModule } from './builtin-module.js';
export { createCredentialCache } from './cache.js';
export { canonicalJson } from './canonical.js';
export type { Moment } from './clock.js';
export { momentOf, since, startTimer, systemClock } from './clock.js';
export { environmentVariable, ownEnvironment } from './environment.js';
export { FederationError, OptionError, federationErrorOf, presentedToken } from './errors.js';
export { assertExpected, normalizeExpectation } from './expectation.js';
export { MAX_ANSWER_BYTES, ownRequestInit, redirected, sendByFetch, tooLong } from './http.js';
export type { SendInit, Transport } from './http.js';
export { transportOf, withSecureSockets } from './transport.js';
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
} from './options.js';
export type { Grammar, OptionName } from './options.js';
export { createCredentialProvider } from './provider.js';
export type { DriverCall } from './driver-call.js';
export { OwnCall } from './driver-call.js';
export type { CredentialProviderOptions } from './provider-options.js';
export type { DriverProvider } from './provider.js';
export { ONCE, memberOf, optionNames, ownCopy, parseJson } from './own.js';
export type { LinkedSignal, SignalLike } from './linked-signal.js';
export { linkedSignal } from './linked-signal.js';
export { didYouMean } from './nearest-name.js';
export type { CallerCopy } from './caller-copy.js';
export { callerError } from './caller-copy.js';
export { cleanServerText, errorLine } from './scrub.js';
export { oneLine, shown, visible } from './visible.js';
export { isLaptop, onVercel } from './laptop.js';
export { UnreadableFile, readRegularFile } from './regular-file.js';
export { sha256 } from './keys.js';
export { rememberedSubjectToken } from './remembered-token.js';
export { readSubjectToken } from './subject-token.js';
export {
  DOMAIN_NAME,
  HOST_LABEL,
  SERVICE_ACCOUNT_EMAIL,
  TEAM_SLUG,
  TENANT,
  endpointUrl,
  httpsUrl,
  isLoopback,
} from './url.js';
export type { EndpointRules, UrlParts } from './url.js';
export { SHARED_OPTION_NAMES, providerOptions } from './shared-options.js';
export type { Invocation } from './invocation.js';
export { DIAGNOSTICS_CHANNEL } from './events.js';
export type { PlatformDefaults } from './shared-options.js';
export { retryAfterMs, serverDate } from './answer-headers.js';
export { optionalPackage } from './optional-package.js';
export type { OptionalPackage } from './optional-package.js';
export { transportFailure } from './transport-failure.js';
export type { TransportFailure } from './transport-failure.js';
