/** What a socket, a resolver or `fetch` threw: no answer came. */

import type { ErrorClass } from '@credex/core/driver';
import { NAME_HINT, TLS_HINT } from './aws-error-hints.js';

const TIMEOUTS: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

const NETWORK: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_SOCKET',
]);

const NAMES: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']);

/** OpenSSL's verification results and Node's own. */
const TLS =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|INVALID_CA$|EPROTO$)/;

/** Looks at the error and what caused it: `fetch` says "fetch failed" and keeps the reason below. */
export function classifyTransport(error: unknown): ErrorClass {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth += 1) {
    const { code, name, cause, errors } = current as {
      code?: unknown;
      name?: unknown;
      cause?: unknown;
      errors?: unknown;
    };
    const found = (typeof code === 'string' ? byCode(code) : undefined) ?? byName(name);
    if (found !== undefined) return found;
    // Node tries several addresses of a name, and gathers what each of them met.
    current = cause ?? (Array.isArray(errors) ? (errors[0] as unknown) : undefined);
  }
  return isFetchFailure(error) ? { code: 'network', retry: 'now' } : { code: 'unknown', retry: 'never' };
}

function byCode(code: string): ErrorClass | undefined {
  if (TIMEOUTS.has(code)) return { code: 'timeout', retry: 'now' };
  if (NETWORK.has(code)) return { code: 'network', retry: 'now' };
  if (NAMES.has(code)) return { code: 'network', retry: 'now', hint: NAME_HINT };
  if (TLS.test(code)) return { code: 'network', retry: 'now', hint: TLS_HINT };
  return undefined;
}

function byName(name: unknown): ErrorClass | undefined {
  return name === 'TimeoutError' || name === 'AbortError' ? { code: 'timeout', retry: 'now' } : undefined;
}

/** A runtime whose fetch gives no reason: workerd, Deno and Bun name none, but throw a TypeError. */
function isFetchFailure(error: unknown): boolean {
  return error instanceof TypeError && /fetch|network|connect/i.test(error.message);
}
