/** The hints of all error codes, in one place, so that every refusal has one. */

import type { PresentedToken, SubjectClaims } from '@credex/core';
import { ownCopy } from '@credex/core/internal';
import { presentedToken } from '@credex/core/failure';
import { TokenVerificationError } from './errors.js';
import type { TokenVerificationErrorCode } from './errors.js';

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

export interface Refusal {
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
