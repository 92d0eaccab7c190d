/** base64url without padding (RFC 7515, section 2), in its canonical form only. */

import { base64url } from 'jose';

const ALPHABET = /^[A-Za-z0-9_-]*$/;
/** The allowed last characters if 4 or 2 of their bits are unused: these bits must be zero. */
const LAST_OF_TWO = /[AQgw]$/;
const LAST_OF_THREE = /[AEIMQUYcgkosw048]$/;

/**
 * Whether the text is the canonical encoding of its bytes. Without this check, a signature has up to 16 spellings that all
 * verify, and a list of revoked tokens could be bypassed (RFC 4648, section 3.5).
 */
export function isCanonicalBase64url(text: string): boolean {
  if (!ALPHABET.test(text)) return false;
  const rest = text.length % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  return (rest === 2 ? LAST_OF_TWO : LAST_OF_THREE).test(text);
}

// The byte order mark is kept, so that JSON.parse refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws TypeError if the bytes are not UTF-8. */
export function decodeText(part: string): string {
  return decoder.decode(base64url.decode(part));
}
