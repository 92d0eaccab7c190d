/** `#runtime` on web-standard APIs. */

/** SHA-256 of the text's UTF-8, base64url. */
export const sha256: (text: string) => string | Promise<string> = async (text) => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
};

/** Milliseconds of a monotonic clock. */
export const monotonic = (): number => performance.now();
