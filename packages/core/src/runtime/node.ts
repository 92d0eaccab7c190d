/**
 * `#runtime` on Node: what it has a faster way for. The first digest of WebCrypto costs a process 5 ms and a thread, the
 * first use of `performance` more than 1 ms. Bun and Deno load this build too, and use the web's functions.
 */

import { monotonic as webMonotonic, sha256 as webSha256 } from './web.js';

interface WithVersions {
  readonly process?: { readonly versions?: Readonly<Record<string, string | undefined>> };
}

const { bun, deno } = (globalThis as WithVersions).process?.versions ?? {};

/**
 * Whether this is Node itself. Bun and Deno load the build for Node as well: a deployment has the files that the
 * condition `node` names, even where Bun then runs it.
 */
export const isNode: boolean = bun === undefined && deno === undefined;

/**
 * SHA-256 of the text's UTF-8, base64url. Looked up, not imported: an import of `node:crypto` evaluates all that it
 * exports, WebCrypto among it.
 */
export const sha256: (text: string) => string | Promise<string> = isNode
  ? (text) => process.getBuiltinModule('node:crypto').hash('sha256', text, 'base64url')
  : webSha256;

/**
 * Milliseconds of a monotonic clock, counted from the start of the process as `performance.now()` does: another copy of
 * core that shares this cache may use that function.
 */
export const monotonic: () => number = isNode ? () => process.uptime() * 1e3 : webMonotonic;
