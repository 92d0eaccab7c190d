/**
 * `#system` on Node: what it has a quicker way for. The first digest of WebCrypto costs a process 5 ms and a thread, the
 * first look at `performance` more than 1 ms.
 */

/**
 * SHA-256 of the text's UTF-8, base64url. Looked up, not imported: an import of `node:crypto` evaluates all that it
 * exports, WebCrypto among it.
 */
export const sha256: (text: string) => string | Promise<string> = (text) =>
  process.getBuiltinModule('node:crypto').hash('sha256', text, 'base64url');

/**
 * Milliseconds of a clock that nobody sets. From the start of the process, as `performance` counts: who shares a cache
 * with this may read that one, by a clock of their own or by a copy of core that was built for the web.
 */
export const monotonic = (): number => process.uptime() * 1e3;
