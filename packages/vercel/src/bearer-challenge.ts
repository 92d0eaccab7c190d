/** What an API says of the token it refused (RFC 6750, section 3). */

/** Whether a `Bearer` challenge says `error="invalid_token"`: expired, revoked or malformed, so that another may do. */
export function saysInvalidToken(header: string | null): boolean {
  if (header === null || header.length > 4_096) return false;
  return /(?:^|,)\s*Bearer\s/i.test(header) && /[\s,]error\s*=\s*"?invalid_token"?\s*(?:,|$)/i.test(header);
}
