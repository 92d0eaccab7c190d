/** Responses that are not read. Loaded with the first one. */

import { FederationError } from '../federation-error.js';
import { isFederationError } from '../errors.js';
import { transportFailure } from './failure.js';
import { MAX_ANSWER_BYTES } from './http.js';

export function redirected(provider: string, origin: string, status: number): FederationError {
  return new FederationError({
    code: 'redirect_refused',
    provider,
    message: 'The server answered with a redirect, which is never followed.',
    hint: `Check the endpoint ${origin}: a token service does not redirect.`,
    status,
  });
}

export function tooLong(provider: string, status: number): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider,
    message: `The answer is longer than ${MAX_ANSWER_BYTES} bytes.`,
    status,
  });
}

/**
 * What `fetch` threw, as an error of the network. workerd throws plain errors ("internal error; reference = …"): the request
 * was sound, so the way to the server was not.
 */
export function fetchFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || isFederationError(error) || transportFailure(error) !== undefined) return error;
  return new TypeError('The fetch failed.', { cause: error });
}
