/**
 * `#system` on Node: what it has a quicker way for. The first digest of WebCrypto costs a process 5 ms and a thread, the
 * first look at `performance` more than 1 ms. Bun and Deno, which load this too, use what the web has.
 */

import { isNode } from './is-node.js';
import { monotonic as webMonotonic, sha256 as webSha256 } from './web-system.js';

/**
 * SHA-256 of the text's UTF-8, base64url. Looked up, not imported: an import of `node:crypto` evaluates all that it
 * exports, WebCrypto among it.
 */
export const sha256: (text: string) => string | Promise<string> = isNode
  ? (text) => process.getBuiltinModule('node:crypto').hash('sha256', text, 'base64url')
  : webSha256;

/**
 * Milliseconds of a clock that nobody sets. From the start of the process, as `performance` counts: who shares a cache
 * with this may read that one, by a clock of their own or by a copy of core that was built for the web.
 */
export const monotonic: () => number = isNode ? () => process.uptime() * 1e3 : webMonotonic;
