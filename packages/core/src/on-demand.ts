/**
 * What only a failure, or few processes, need: for modules that are loaded by `import()`, and for packages that no function
 * loads when it starts. Unversioned, as `@credex/core/internal` is.
 */

export { assertFresher, failedExchange, noCredential, payRetry, refill } from './cache/failed-exchange.js';
export {
  abandonedTooOften,
  interrupted,
  notStarted,
  recordFailure,
  recordShortLifetime,
  tooManyUnproven,
} from './cache/failed-refresh.js';
export type { OptionalPackage } from './runtime/optional-package.js';
export { optionalPackage, rethrow } from './runtime/optional-package.js';
export { UnreadableFile, readRegularFile } from './runtime/regular-file.js';
export {
  functionCalledOnce,
  namedTokenError,
  readSubjectToken,
  readableToken,
  subjectMismatch,
  tokenSourceError,
  unreadableToken,
} from './token/source-error.js';
