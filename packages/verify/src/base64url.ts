/** base64url without padding (RFC 7515, section 2), in its one canonical form. */

import { base64url } from 'jose';

const ALPHABET = /^[A-Za-z0-9_-]*$/;
/** What the last character may be where it carries 2 or 4 bits that nobody reads: those bits are zero. */
const LAST_OF_TWO = /[AQgw]$/;
const LAST_OF_THREE = /[AEIMQUYcgkosw048]$/;

/**
 * Whether it is the one text of its bytes. Without this a signature can be written in 16 ways that all verify, and
 * whoever keeps a list of tokens by their text is led past it (RFC 4648, section 3.5).
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

/** @throws TypeError where the bytes aren't UTF-8. */
export function decodeText(part: string): string {
  return decoder.decode(base64url.decode(part));
}
