/** Why a caller stopped waiting. Loaded with the first of these errors. */

import { FederationError } from '../federation-error.js';

export function abortedError(provider: string): FederationError {
  return new FederationError({
    code: 'aborted',
    provider,
    message: "The call's `signal` was aborted.",
    retryable: true,
  });
}

/** `limitMs`: how long the caller waited; `undefined` where its invocation had to answer sooner. */
export function callerTimeout(provider: string, limitMs: number | undefined): FederationError {
  if (limitMs !== undefined)
    return new FederationError({
      code: 'timeout',
      provider,
      message: `The credential did not come within ${limitMs} ms.`,
    });
  return new FederationError({
    code: 'timeout',
    provider,
    message: 'The credential did not come before the invocation had to answer.',
    hint: 'The exchange goes on for the next caller; raise the duration of the function if this recurs.',
  });
}
