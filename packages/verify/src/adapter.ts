/** The part of an adapter that knows no framework: from a request's headers to its caller's claims, or to an answer. */

import type { VercelTokenOptions } from './adapter-options.js';
import { adapterOptions } from './adapter-options.js';
import { bearerToken } from './bearer.js';
import type { Answer } from './challenge.js';
import { answerTo } from './challenge.js';
import type { VercelTokenClaims } from './contract.js';
import { TokenVerificationError } from './errors.js';

export type Admission =
  | { readonly claims: VercelTokenClaims; readonly answer?: undefined }
  | { readonly claims?: undefined; readonly answer: Answer };

/**
 * Lets a request in, or says what to answer. `authorization`: every Authorization header of the request.
 *
 * Rejects with any other Error than a TokenVerificationError: a defect, for the framework's own error handling.
 */
export type Doorkeeper<R> = (authorization: readonly string[], request: R) => Promise<Admission>;

/** @throws OptionError where the options are not as described. */
export function createDoorkeeper<R>(options: VercelTokenOptions<R>): Doorkeeper<R> {
  const { verifier, realm, onRefused } = adapterOptions(options);

  async function claimsOf(authorization: readonly string[]): Promise<VercelTokenClaims> {
    const claims: unknown = await verifier.verify(bearerToken(authorization));
    if (typeof claims === 'object' && claims !== null) return claims as VercelTokenClaims;
    throw new TypeError('The verifier resolved without claims; it must reject what it does not let in.');
  }

  function tell(error: TokenVerificationError, request: R): void {
    try {
      // A promise of another realm, or of a library, is one too.
      const returned: unknown = onRefused?.(error, request);
      if (returned !== undefined) Promise.resolve(returned).catch(() => undefined);
    } catch {
      // Said in onRefused's docstring: the answer is worth more than the log's error.
    }
  }

  return async (authorization, request) => {
    try {
      return { claims: await claimsOf(authorization) };
    } catch (error) {
      if (!TokenVerificationError.isInstance(error)) throw defectOf(error);
      tell(error, request);
      return { answer: answerTo(error, realm) };
    }
  };
}

/** Always an error: Express takes `next(undefined)` and `next('route')` for leave to go on. */
const defectOf = (thrown: unknown): Error =>
  thrown instanceof Error
    ? thrown
    : new Error('The verifier rejected with what is no error.', { cause: thrown });

/** Puts the claims on a request, over anything that had the name before. */
export function setClaims(request: object, claims: VercelTokenClaims): void {
  Object.defineProperty(request, 'vercelToken', {
    value: claims,
    enumerable: true,
    // A second adapter further in may ask for more, and then its claims count.
    configurable: true,
    writable: false,
  });
}
