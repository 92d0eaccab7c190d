/** The part that all adapters share: turns the headers of a request into the claims of its caller, or into a refusal. */

import type { VercelTokenOptions } from './adapter-options.js';
import { adapterOptions } from './adapter-options.js';
import { bearerToken } from './bearer.js';
import type { RefusalResponse } from './challenge.js';
import { refusalResponse } from './challenge.js';
import type { VercelTokenClaims } from './contract.js';
import { TokenVerificationError } from './errors.js';

export type Admission =
  | { readonly claims: VercelTokenClaims; readonly refusal?: undefined }
  | { readonly claims?: undefined; readonly refusal: RefusalResponse };

/**
 * Returns the claims of a request, or the response that refuses it. `authorization`: all Authorization headers.
 *
 * Rejects if the verifier throws an error other than a TokenVerificationError. The framework handles such an error.
 */
export type RequestGuard<R> = (authorization: readonly string[], request: R) => Promise<Admission>;

/** @throws OptionError if an option is wrong. */
export function createRequestGuard<R>(options: VercelTokenOptions<R>): RequestGuard<R> {
  const { verifier, realm, onRefused } = adapterOptions(options);

  async function claimsOf(authorization: readonly string[]): Promise<VercelTokenClaims> {
    const claims: unknown = await verifier.verify(bearerToken(authorization));
    if (typeof claims === 'object' && claims !== null) return claims as VercelTokenClaims;
    throw new TypeError(
      'The verifier resolved without claims. It must reject a token that it does not accept.',
    );
  }

  function reportRefusal(error: TokenVerificationError, request: R): void {
    try {
      // This includes promises of another realm or of a library.
      const returned: unknown = onRefused?.(error, request);
      if (returned !== undefined) Promise.resolve(returned).catch(() => undefined);
    } catch {
      // As the docstring of onRefused says: a failing log must not prevent the response.
    }
  }

  return async (authorization, request) => {
    try {
      return { claims: await claimsOf(authorization) };
    } catch (error) {
      if (!TokenVerificationError.isInstance(error)) throw defectOf(error);
      reportRefusal(error, request);
      return { refusal: refusalResponse(error, realm) };
    }
  };
}

/** Always an Error: `next(undefined)` and `next('route')` would make Express continue. */
const defectOf = (thrown: unknown): Error =>
  thrown instanceof Error
    ? thrown
    : new Error('The verifier rejected with a value that is not an Error.', { cause: thrown });

/** Sets `request.vercelToken`, replacing a property of that name. */
export function setClaims(request: object, claims: VercelTokenClaims): void {
  Object.defineProperty(request, 'vercelToken', {
    value: claims,
    enumerable: true,
    // A second guard on an inner route may be stricter; its claims replace these.
    configurable: true,
    writable: false,
  });
}
