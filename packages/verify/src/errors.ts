import type { PresentedToken, SubjectClaims } from '@credex/core';
import { errorLine, ownCopy } from '@credex/core/internal';
import { presentedToken } from '@credex/core/failure';

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

// The hints of all error codes, in one place, so that every refusal has one.

const HINTS: Readonly<Record<TokenVerificationErrorCode, string>> = {
  no_token:
    "Send the deployment's OIDC token in the header `Authorization: Bearer …`, as createAuthenticatedFetch of @credex/vercel does.",
  invalid_request:
    'Send exactly one header `Authorization: Bearer <token>`, with one space before the token.',
  malformed_token: 'Pass the whole token, without `Bearer `, quotes, white space or a line break.',
  wrong_token_kind:
    'Passport and Sign in with Vercel tokens identify a person in a browser. Send the OIDC token of the deployment instead.',
  algorithm_not_allowed:
    'Vercel signs with RS256, so this token was probably not issued by Vercel. If it was, add its algorithm to `algorithms`.',
  issuer_mismatch:
    "Compare `team` or `issuer` with the issuer mode in the project's OIDC Federation settings: team (https://oidc.vercel.com/{team}) or global (https://oidc.vercel.com). A token of a custom audience always has the team issuer.",
  unknown_key:
    'The issuer does not publish this key. If its keys changed within the last 30 seconds, try again; otherwise the token was not signed by this issuer.',
  invalid_signature: 'The token was changed, or it was not signed by this issuer.',
  token_expired:
    'Read the token for each request; do not keep it in a module variable. If the token is new, compare the clocks of both machines.',
  token_not_yet_valid: 'Compare the clocks of both machines; `clockToleranceSeconds` allows a difference.',
  audience_mismatch:
    "Request a token of this audience from Vercel (option `audience` of createAuthenticatedFetch), or add the token's audience to `audience` of the verifier.",
  invalid_claims: 'Send an OIDC token of a Vercel deployment, of a build, or from `vercel env pull`.',
  not_allowed: 'The token is genuine. To accept this caller, add a rule to `allow`.',
  keys_unavailable:
    'The token could not be checked. Check that this machine can reach the issuer over https; the caller may try again.',
  aborted: "The caller's own `signal` was aborted before the check was complete.",
};

interface Refusal {
  /** Precedes the general hint of the code. */
  readonly advice?: string | undefined;
  /** The claims of the token, whether verified or not. */
  readonly claims?: object | undefined;
  readonly cause?: unknown;
}

/** Makes the error of a code. `message` must not contain a token. */
export function refusal(
  code: TokenVerificationErrorCode,
  message: string,
  more: Refusal = {},
): TokenVerificationError {
  const { advice, claims, cause } = ownCopy(more);
  const presented = claims === undefined ? undefined : presentable(claims);
  const hint = advice === undefined ? HINTS[code] : `${advice} ${HINTS[code]}`;
  return new TokenVerificationError({ code, message, hint, presented, cause });
}

/** The unverified claims that an error may show: those of the expected type. */
function presentable(claims: object): PresentedToken {
  const fit = Object.entries(claims).filter(([name, value]: [string, unknown]) => {
    if (name === 'exp') return typeof value === 'number' && Number.isFinite(value);
    if (name === 'aud' && Array.isArray(value)) return value.every((one) => typeof one === 'string');
    if (name === 'act') return true;
    return typeof value === 'string';
  });
  return presentedToken(ownCopy(Object.fromEntries(fit)) as SubjectClaims);
}
