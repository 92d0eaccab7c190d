/** The challenge of an API that rejected a token (RFC 6750, section 3). */

/** True for a `Bearer` challenge with `error="invalid_token"`: the token is expired, revoked or malformed. */
export function saysInvalidToken(header: string | null): boolean {
  if (header === null || header.length > 4_096) return false;
  return /(?:^|,)\s*Bearer\s/i.test(header) && /[\s,]error\s*=\s*"?invalid_token"?\s*(?:,|$)/i.test(header);
}
