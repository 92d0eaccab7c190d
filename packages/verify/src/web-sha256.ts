/** `#sha256` where there is WebCrypto alone. */

const encoder = new TextEncoder();

/** SHA-256 of the text's UTF-8, base64. */
export const sha256: (text: string) => string | Promise<string> = async (text) => {
  const digest = await crypto.subtle.digest('SHA-256', encoder.encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
};
