/**
 * Errors: the class, its texts and copies, secrets cut from text of others, and what the errors of the network mean. In
 * failures of `@credex/core/on-demand`, and in packages that do without the cache. Unversioned, as `@credex/core/internal` is.
 */

export {
  FederationError,
  callerError,
  federationErrorOf,
  loadFailureHint,
  presentedToken,
} from './federation-error.js';
export type { TransportFailure } from './http/failure.js';
export { transportFailure } from './http/failure.js';
export { fetchFailure, redirected, tooLong } from './http/refused-response.js';
export { retryAfterMs } from './http/retry-after.js';
export { cleanServerText } from './redact.js';
