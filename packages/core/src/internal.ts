/**
 * What the packages of credex share, and the first credential needs: it is loaded at once. The rest is in
 * `@credex/core/on-demand`. Unversioned: each release may change it, and all packages depend on exactly one version of each
 * other. Users import from `@credex/core`, authors of exchangers from `@credex/core/driver`.
 */

export { createCredentialCache } from './cache/cache.js';
export type { DriverCall, DriverProvider } from './cache/call.js';
export { OwnCall } from './cache/call.js';
export { canonicalJson } from './cache/key.js';
export type { CallerCopy } from './cache/record.js';
export { newestToken, rememberNewest, rememberedToken } from './cache/remembered-token.js';
export type {
  ErrorClass,
  ExchangeContext,
  Exchanger,
  ExchangeResult,
  HttpResponse,
  RetryAdvice,
} from './contract.js';
export { OptionError, isFederationError } from './errors.js';
export { DIAGNOSTICS_CHANNEL, callListener } from './events.js';
export { serverDate } from './http/http.js';
export type { SendInit, Transport } from './http/http.js';
export { MAX_ANSWER_BYTES, discard, sendByFetch } from './http/http.js';
export { ResponseError } from './http/http.js';
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
export { ONCE, memberOf, optionNames, ownCopy, parseJson, parseJsonObject } from './own.js';
export { createCredentialProvider } from './provider.js';
export type { CredentialProviderOptions } from './provider-options.js';
export { SHARED_OPTION_NAMES } from './provider-options.js';
export type { Moment } from './runtime/clock.js';
export { momentOf, since, startIdleTimer, startTimer, systemClock } from './runtime/clock.js';
export type { Invocation } from './runtime/deadline.js';
export {
  builtinModule,
  environmentVariable,
  isLaptop,
  onVercel,
  ownEnvironment,
} from './runtime/environment.js';
export type { LinkedSignal, SignalLike } from './runtime/deadline.js';
export { linkedSignal } from './runtime/deadline.js';
export { loadOnce } from './runtime/load-once.js';
export type { PlatformDefaults } from './provider-options.js';
export { providerOptions } from './provider-options.js';
export { assertExpected, normalizeExpectation } from './token/expect.js';
export type { DecodedToken } from './token/read.js';
export { errorLine, oneLine, shown, visible } from './visible.js';

// For the modules of core that are loaded by `import()`.
export { policyOf } from './cache/cache.js';
export { findEntry, keepEntry } from './cache/entry.js';
// For watch.ts, which is part of the index.
export { processWideCache } from './cache/cache.js';
export { REQUEST_LIMIT_MS, attempt } from './cache/exchange.js';
export { sha256, tokenDigest, valueKey } from './cache/key.js';
export { SHORTEST_LIFETIME_MS } from './cache/policy.js';
export { frozenRecord, isNested } from './cache/record.js';
export { isOutdated, nameText } from './cache/refresh-result.js';
export { CROWDED } from './cache/unproven.js';
export { FEDERATION_ERROR } from './errors.js';
export { PROXY_VARIABLES, isProxySet } from './runtime/environment.js';
export { sleep } from './runtime/deadline.js';
export { isExpected, isNameOnly, unexpectedMembers } from './token/expect.js';
export { UNNAMED_SOURCE, decodeSubjectToken, subjectTokenOf } from './token/read.js';
export { CUT, LOOKED_AT, UNSEEN, isError, withoutUserinfo } from './visible.js';
