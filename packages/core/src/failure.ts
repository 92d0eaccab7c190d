/**
 * Errors: the class, its texts and copies, secrets cut from text of others, and what the errors of the network mean. In
 * failures of `@credex/core/on-demand`, and in packages that do without the cache. Unversioned, as `@credex/core/internal` is.
 */

export {
  FederationError,
  abortedError,
  callerError,
  callerTimeout,
  federationErrorOf,
  loadFailureHint,
  presentedToken,
} from './federation-error.js';
export type { TransportFailure } from './http/failure.js';
export {
  fetchFailure,
  networkMessage,
  redirected,
  retryAfterMs,
  tooLong,
  transportFailure,
  isProxied,
} from './http/failure.js';
export { cleanServerText } from './redact.js';
