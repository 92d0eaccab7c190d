/** What each code says to do: one place, so that every refusal has a hint. */

import type { PresentedToken, SubjectClaims } from '@credex/core';
import { ownCopy, presentedToken } from '@credex/core/driver';
import { TokenVerificationError } from './errors.js';
import type { TokenVerificationErrorCode } from './errors.js';

const HINTS: Readonly<Record<TokenVerificationErrorCode, string>> = {
  no_token:
    "Send the deployment's OIDC token in the header `Authorization: Bearer …`, as ownApiFetch of @credex/vercel does.",
  invalid_request:
    'Send one header `Authorization: Bearer …`: one space, then the bare token, and no second such header.',
  malformed_token:
    'Pass the bare token: without `Bearer `, quotes, white space or a line break, and not cut short.',
  wrong_token_kind:
    'Passport and Sign in with Vercel speak for a person in a browser. Send the OIDC token of the deployment instead.',
  algorithm_not_allowed:
    'Vercel signs with RS256. Anything else was made by somebody else, unless `algorithms` must be widened.',
  issuer_mismatch:
    "Compare `team` or `issuer` with the project's setting OIDC Federation, issuer mode: team (https://oidc.vercel.com/{team}) or global (https://oidc.vercel.com). A token of an audience of its own always has the team issuer.",
  unknown_key:
    'The issuer was asked and does not publish this key. If its keys changed within the last 30 seconds, try again; otherwise the token was not signed by this issuer.',
  invalid_signature: 'The token was changed on its way, or was not signed by this issuer.',
  token_expired:
    'Read the token anew for each request: one that was kept at the top of a module outlives itself. If it is fresh, compare the clocks.',
  token_not_yet_valid:
    'Compare the clocks of both machines; `clockToleranceSeconds` allows for a difference.',
  audience_mismatch:
    "Ask Vercel for a token of this audience (`audience` of ownApiFetch), or add the token's audience to `audience`.",
  invalid_claims: 'It is not an OIDC token of a Vercel deployment, build or `vercel env pull`.',
  not_allowed: 'The token is genuine. Add a rule to `allow` if this caller is to be let in.',
  keys_unavailable:
    'The token was not judged. Let the caller try again; check that this machine reaches the issuer over https.',
  aborted: "The caller's own signal fired; nothing is known of the token.",
};

export interface Refusal {
  /** Stands before the general advice of the code. */
  readonly advice?: string | undefined;
  /** The claims that were shown, checked or not. */
  readonly claims?: object | undefined;
  readonly cause?: unknown;
}

/** The error of a code. `message` is a sentence that holds no token. */
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

/** What of unchecked claims can be shown: members of the type that they should have. */
function presentable(claims: object): PresentedToken {
  const fit = Object.entries(claims).filter(([name, value]: [string, unknown]) => {
    if (name === 'exp') return typeof value === 'number' && Number.isFinite(value);
    if (name === 'aud' && Array.isArray(value)) return value.every((one) => typeof one === 'string');
    if (name === 'act') return true;
    return typeof value === 'string';
  });
  return presentedToken(ownCopy(Object.fromEntries(fit)) as SubjectClaims);
}
