import type { PresentedToken } from '@credex/core';
import { errorLine, ownCopy } from '@credex/core/internal';

const MARKER = Symbol.for('credex.TokenVerificationError');

/** Why a token was not accepted. */
export type TokenVerificationErrorCode =
  /** The request carries no bearer token. */
  | 'no_token'
  /** The request's Authorization header is not one bearer token (RFC 6750, section 2.1). */
  | 'invalid_request'
  /** Not a JWT of the form that Vercel issues. */
  | 'malformed_token'
  /** A Passport or Sign in with Vercel token: it identifies a person. */
  | 'wrong_token_kind'
  | 'algorithm_not_allowed'
  | 'issuer_mismatch'
  /** The issuer publishes no such key. */
  | 'unknown_key'
  | 'invalid_signature'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'audience_mismatch'
  /** A claim of a Vercel token is missing or has another type. */
  | 'invalid_claims'
  /** The token is genuine, but no rule in `allow` matches it. */
  | 'not_allowed'
  /** The issuer's keys could not be fetched, so the token could not be checked. */
  | 'keys_unavailable'
  /** The caller's own `signal` was aborted. */
  | 'aborted';

export interface TokenVerificationErrorInit {
  readonly code: TokenVerificationErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly presented?: PresentedToken | undefined;
  readonly cause?: unknown;
}

/**
 * Thrown if a token is not accepted. For the log of the API, not for the caller of the API. Contains claims and codes, never
 * a token.
 *
 * @example
 * try {
 *   await verifier.verify(token);
 * } catch (error) {
 *   if (TokenVerificationError.isInstance(error)) console.warn(error.code, error.presented);
 * }
 */
export class TokenVerificationError extends Error {
  override readonly name = 'TokenVerificationError';
  readonly code: TokenVerificationErrorCode;
  /** The HTTP status: 401, or 400 for `invalid_request`, 403 for `not_allowed`, 503 if the token could not be checked. */
  readonly status: 400 | 401 | 403 | 503;
  /** The likely cause and the fix. */
  readonly hint: string | undefined;
  /** The claims of the token; unverified unless the code is `not_allowed`. */
  readonly presented: PresentedToken | undefined;

  constructor(init: TokenVerificationErrorInit) {
    const { code, message, hint, presented, cause } = ownCopy(init);
    const lines = [message, hint].filter((line) => line !== undefined).map(errorLine);
    super(lines.join(' '), cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = STATUS[code] ?? 401;
    this.hint = lines[1];
    this.presented = presented;
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** True for a TokenVerificationError of any copy of this package. */
  static isInstance(error: unknown): error is TokenVerificationError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[MARKER] === true;
  }
}

const STATUS: { readonly [code in TokenVerificationErrorCode]?: 400 | 403 | 503 } = {
  invalid_request: 400,
  not_allowed: 403,
  keys_unavailable: 503,
  aborted: 503,
};
