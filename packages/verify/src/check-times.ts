/** Times are judged at each call, for a remembered token too. */

import type { VercelTokenClaims } from './contract.js';
import { refusal } from './refuse.js';

/**
 * A token has ended in the second that `exp` names (RFC 7519, section 4.1.4), and has not begun before `nbf` or
 * `iat`; `tolerance` moves both ends outwards.
 *
 * @param nowMs epoch milliseconds
 * @param tolerance seconds
 * @throws TokenVerificationError `token_expired`, `token_not_yet_valid`
 */
export function checkTimes(claims: VercelTokenClaims, nowMs: number, tolerance: number): void {
  const { exp, iat, nbf } = claims;
  const now = nowMs / 1000;
  // Asked so that a clock that reads NaN lets nothing in.
  if (!(now < exp + tolerance))
    throw refusal('token_expired', `The token ended ${Math.floor(now - exp)} s ago.`, { claims });
  const start = nbf === undefined ? iat : Math.max(nbf, iat);
  if (!(now >= start - tolerance))
    throw refusal('token_not_yet_valid', `The token begins in ${Math.ceil(start - now)} s.`, { claims });
}
