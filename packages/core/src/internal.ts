/**
 * What the packages of credex share, and the first credential needs: it is loaded at once. The rest is in
 * `@credex/core/on-demand`. Unversioned: each release may change it, and all packages depend on exactly one version of each
 * other. Users import from `@credex/core`, authors of exchangers from `@credex/core/driver`.
 */

export {
  createCredentialCache,
  emptyCache,
  earlierTokens,
  isLatest,
  rankToken,
  rememberEarlier,
  rememberedToken,
  policyOf,
  processWideCache,
} from './cache/cache.js';
export type { DriverCall, DriverProvider, CallerCopy } from './cache/call.js';
export { OwnCall, frozenRecord, isNested } from './cache/call.js';
export { canonicalJson, MEMO_SIZE, digestOnce, sha256, valueKey } from './cache/key.js';
export type { EarlierToken } from './cache/entry.js';
export type {
  ErrorClass,
  ExchangeContext,
  Exchanger,
  ExchangeResult,
  HttpResponse,
  RetryAdvice,
} from './contract.js';
export { OptionError, isFederationError, FEDERATION_ERROR } from './errors.js';
export { DIAGNOSTICS_CHANNEL, callListener } from './events.js';
export {
  MAX_ANSWER_BYTES,
  ResponseError,
  discard,
  serverDate,
  isRedirect,
  loadRefusals,
  refuse,
} from './http/http.js';
export type { SendInit, Transport } from './http/http.js';
export { transportOf, withSecureSockets } from './http/transport.js';
export type { Grammar, OptionName } from './options/assert.js';
export {
  didYouMean,
  invalidOption,
  optionalBoolean,
  optionalClock,
  optionalFunction,
  optionalInteger,
  optionalString,
  optionalStringList,
  ownMembers,
  ownOptions,
  refuseWithCredentials,
  requiredString,
} from './options/assert.js';
export type { SourcedContext } from './cache/exchange.js';
export type { EndpointRules, UrlParts } from './options/endpoint.js';
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
export { rememberProviders } from './options/remember-providers.js';
export { ONCE, memberOf, optionNames, ownCopy, ownRequestInit, parseJson, parseJsonObject } from './own.js';
export { createCredentialProvider } from './provider.js';
export type { CredentialProviderOptions, PlatformDefaults } from './provider-options.js';
export { SHARED_OPTION_NAMES, providerOptions } from './provider-options.js';
export type { Moment } from './runtime/clock.js';
export type { Invocation, LinkedSignal, SignalLike } from './runtime/deadline.js';
export { momentOf, since, startIdleTimer, startTimer, systemClock } from './runtime/clock.js';
export { linkedSignal, sharesPromises, sleep } from './runtime/deadline.js';
export {
  builtinModule,
  environmentVariable,
  isLaptop,
  onVercel,
  ownEnvironment,
  PROXY_VARIABLES,
  isProxySet,
} from './runtime/environment.js';
export { loadOnce } from './runtime/load-once.js';
export {
  assertExpected,
  normalizeExpectation,
  UNNAMED_SOURCE,
  decodeSubjectToken,
  isExpected,
  isNameOnly,
  subjectTokenOf,
  unexpectedMembers,
} from './token/subject-token.js';
export type { DecodedToken } from './token/subject-token.js';
export {
  errorLine,
  oneLine,
  shown,
  visible,
  CUT,
  LOOKED_AT,
  UNSEEN,
  isError,
  withoutUserinfo,
} from './visible.js';

// For the modules of core that are loaded by `import()`, and those of `on-demand`.
export { CROWDED, findEntry, keepEntry } from './cache/entry.js';
export { REQUEST_LIMIT_MS, attempt } from './cache/exchange.js';
export { loadOwnTokens } from './cache/get-credential.js';
export { SHORTEST_LIFETIME_MS } from './cache/policy.js';
export { isOutdated, nameText } from './cache/refresh-result.js';
// For watch.ts, which is part of the index.
