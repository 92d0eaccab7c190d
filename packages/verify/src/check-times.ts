/** Checks the times of a token. This is done on every call, for remembered tokens as well. */

import type { VercelTokenClaims } from './contract.js';
import { refusal } from './refuse.js';

/**
 * A token has expired at `exp` (RFC 7519, section 4.1.4) and is not valid before `nbf` or `iat`. `tolerance` extends the
 * period at both ends.
 *
 * @param nowMs epoch milliseconds
 * @param tolerance seconds
 * @throws TokenVerificationError `token_expired`, `token_not_yet_valid`
 */
export function checkTimes(claims: VercelTokenClaims, nowMs: number, tolerance: number): void {
  const { exp, iat, nbf } = claims;
  const now = nowMs / 1000;
  // Written so that a clock that returns NaN accepts no token.
  if (!(now < exp + tolerance))
    throw refusal('token_expired', `The token expired ${Math.floor(now - exp)} s ago.`, { claims });
  const start = nbf === undefined ? iat : Math.max(nbf, iat);
  if (!(now >= start - tolerance))
    throw refusal(
      'token_not_yet_valid',
      `The token is valid in ${Math.ceil(start - now)} s at the earliest.`,
      { claims },
    );
}
