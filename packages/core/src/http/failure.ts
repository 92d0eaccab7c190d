/** What a socket, a resolver, TLS or `fetch` threw: no answer came. One reading for every cloud and every client. */

import { isError } from '../visible.js';

export interface TransportFailure {
  readonly code: 'network' | 'timeout';
  /** What a hint can say more of: an untrusted certificate, or a name that doesn't resolve. */
  readonly reason?: 'certificate' | 'name' | undefined;
}

/** AbortError: what stops a request from outside is a deadline. */
const TIMEOUTS =
  /^(?:TimeoutError|AbortError|ABORT_ERR|E(?:SOCKET)?TIMEDOUT|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT)$/;

/** OpenSSL's verification results and Node's own. */
const CERTIFICATES =
  /^(?:CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_CERT\w*|DEPTH_ZERO_SELF_SIGNED_CERT|ERR_TLS_CERT\w*|HOSTNAME_MISMATCH|INVALID_CA)$/;

const NAMES = /^(?:ENOTFOUND|EAI_\w+)$/;

/**
 * System errors, Node's TLS, HTTP parser and streams, undici, and what SDKs call a request that wasn't sent or, in
 * Azure's pipeline (PARSE_ERROR), an answer that broke off.
 */
const NETWORK =
  /^(?:E[A-Z]{3,}|UND_ERR_\w+|ERR_TLS\w*|ERR_SSL\w*|ERR_STREAM_PREMATURE_CLOSE|HPE_\w+|REQUEST_SEND_ERROR|PARSE_ERROR|NetworkError|FetchError)$/;

const BROKEN = /^(?:ECONNRESET|EPIPE)$/;

const FETCH_FAILED = /fetch|network|connect|load failed/i;

/** How deep libraries wrap a socket's error. */
const DEPTH = 6;

/** `undefined` where the error does not look like one of the network's. Never throws. */
export function transportFailure(error: unknown): TransportFailure | undefined {
  const words = [...wordsOf(error)];
  const some = (pattern: RegExp): boolean => words.some((word) => pattern.test(word));
  if (some(TIMEOUTS)) return { code: 'timeout' };
  if (some(CERTIFICATES)) return { code: 'network', reason: 'certificate' };
  if (some(NAMES)) return { code: 'network', reason: 'name' };
  if (some(NETWORK) || isFetchFailure(error)) return { code: 'network' };
  return undefined;
}

/** Names and codes of the error, of what caused it, and of the first of several (Node tries each address). */
function* wordsOf(error: unknown): Generator<string> {
  let current = error;
  for (let depth = 0; depth < DEPTH && typeof current === 'object' && current !== null; depth++) {
    const { code, name, cause, errors, error: wrapped } = current as Readonly<Record<string, unknown>>;
    if (typeof code === 'string') yield code;
    // The AWS SDK calls a connection that was reset a TimeoutError.
    if (typeof name === 'string' && !(typeof code === 'string' && BROKEN.test(code))) yield name;
    current = cause ?? wrapped ?? (Array.isArray(errors) ? (errors[0] as unknown) : undefined);
  }
}

/** workerd, Deno and Bun name no reason, but throw a TypeError. */
function isFetchFailure(error: unknown): boolean {
  return isError(error) && error.name === 'TypeError' && FETCH_FAILED.test(error.message);
}
