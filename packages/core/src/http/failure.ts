/**
 * Requests without a usable answer: what a socket, a resolver, TLS or `fetch` threw, in one reading for every cloud and every
 * client, and responses that are not read. Loaded with the first one.
 */

import { isError } from '../visible.js';
import type { ErrorClass } from '../contract.js';
import { cleanServerText } from '../redact.js';
import { FederationError } from '../federation-error.js';
import { isFederationError } from '../errors.js';
import { MAX_ANSWER_BYTES } from './http.js';
import { isLoopback } from '../options/endpoint.js';
import { environmentVariable, isProxySet, PROXY_VARIABLES } from '../runtime/environment.js';

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

// Which host could not be reached, and why, in words.

export interface NetworkMessage {
  readonly message: string;
  readonly hint: string;
}

/**
 * @param host as a URL has it: with the port where it is not the default one
 * @param limitMs how long one request may take
 */
export function networkMessage(
  thrown: unknown,
  { code, hint }: Pick<ErrorClass, 'code' | 'hint'>,
  host: string,
  limitMs: number,
): NetworkMessage {
  const where = /:\d+$/.test(host) ? host : `${host}:443`;
  const { errno, at } = socketErrorOf(thrown);
  const proxy = proxyOf(host);
  const via = proxy === undefined ? '' : ` through the proxy ${proxy.url} (${proxy.variable})`;
  if (code === 'timeout') {
    const why = errno === undefined || errno === 'ABORT_ERR' ? `within ${limitMs} ms` : `in time: ${errno}`;
    return { message: `${where}${via} did not answer ${why}.`, hint: hint ?? timeoutHint(proxy?.variable) };
  }
  const why = errno === undefined ? '' : `: ${errno}${at === undefined ? '' : ` at ${at}`}`;
  return {
    message: `${where}${via} could not be reached${why}.`,
    hint: hint ?? networkHint(errno, host, proxy),
  };
}

/** The first code in the chain of causes, and the address that Node tried. */
function socketErrorOf(thrown: unknown): { readonly errno?: string; readonly at?: string } {
  let current = thrown;
  for (let depth = 0; depth < DEPTH && typeof current === 'object' && current !== null; depth++) {
    const { code, address, port, cause, errors } = current as Readonly<Record<string, unknown>>;
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) {
      const at = typeof address === 'string' ? cleanServerText(address, 60) : undefined;
      return {
        errno: code,
        ...(at === undefined ? {} : { at: typeof port === 'number' ? `${at}:${port}` : at }),
      };
    }
    current = cause ?? (Array.isArray(errors) ? (errors[0] as unknown) : undefined);
  }
  return {};
}

function networkHint(errno: string | undefined, host: string, proxy: Proxy | undefined): string {
  if (proxy !== undefined)
    return `Check ${proxy.variable}, and that the proxy lets this machine reach ${host}. To go around it, add the host to NO_PROXY.`;
  if (errno === 'ENOTFOUND' || errno?.startsWith('EAI_') === true)
    return `The name ${host} does not resolve. Check its spelling in the options, and the DNS of this machine.`;
  if (errno === 'ECONNREFUSED')
    return `Nothing accepts connections at ${host}. Check the endpoint and the firewall.`;
  return `Check that this machine may reach ${host}: firewall, proxy (HTTPS_PROXY), endpoint.`;
}

const timeoutHint = (variable: string | undefined): string =>
  variable === undefined
    ? 'The next call tries again. If this lasts, check the network between this machine and the host.'
    : `The next call tries again. If this lasts, check the proxy of ${variable}.`;

// Responses that are not read, and how long a server asks to be left alone.

export function redirected(provider: string, origin: string, status: number): FederationError {
  return new FederationError({
    code: 'redirect_refused',
    provider,
    message: 'The server answered with a redirect, which is never followed.',
    hint: `Check the endpoint ${origin}: a token service does not redirect.`,
    status,
  });
}

export function tooLong(provider: string, status: number): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider,
    message: `The answer is longer than ${MAX_ANSWER_BYTES} bytes.`,
    status,
  });
}

/**
 * What `fetch` threw, as an error of the network. workerd throws plain errors ("internal error; reference = …"): the request
 * was sound, so the way to the server was not.
 */
export function fetchFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || isFederationError(error) || transportFailure(error) !== undefined) return error;
  return new TypeError('The fetch failed.', { cause: error });
}

/** Names are in lower case. */
type Headers = Readonly<Record<string, unknown>>;

/** At most a day: a longer wait is a mistake that must not silence a process. */
const MAX_MS = 86_400_000;

/**
 * How long the server asked to be left alone, in milliseconds (RFC 9110, section 10.2.3). A date is read against
 * the answer's own `date`, so that no clock of ours has a say.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const exact = headers['retry-after-ms'] ?? headers['x-ms-retry-after-ms'];
  if (typeof exact === 'string' && /^\d{1,10}$/.test(exact)) return Math.min(Number(exact), MAX_MS);
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,10}$/.test(value)) return Math.min(Number(value) * 1_000, MAX_MS);
  const wait = Date.parse(value) - Date.parse(String(headers['date']));
  return Number.isFinite(wait) && wait >= 0 ? Math.min(wait, MAX_MS) : undefined;
}

// Which requests go through a proxy, by the variables that curl and `proxy-agent` read.

/** Whether a proxy is set, and NO_PROXY does not exempt the host. This machine is never reached through a proxy. */
export function isProxied(url: URL): boolean {
  return !isLoopback(url.hostname) && isProxySet() && !isExempt(url);
}

/**
 * As the package `proxy-from-env` reads NO_PROXY, so that both agree: names parted by commas or white space; `.example.com`
 * and `*.example.com` for names that end so; `host:port` for one port; `*` for all.
 */
function isExempt({ hostname, port }: URL): boolean {
  const list = (environmentVariable('no_proxy') ?? environmentVariable('NO_PROXY') ?? '').toLowerCase();
  return list.split(/[\s,]+/).some((entry) => {
    const [, pattern = '', only] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
    if (pattern === '' || (only !== undefined && only !== (port === '' ? '443' : port))) return false;
    if (!/^[.*]/.test(pattern)) return hostname === pattern;
    return hostname.endsWith(pattern.replace(/^\*/, ''));
  });
}

export interface Proxy {
  /** Without its user name and password. */
  readonly url: string;
  readonly variable: string;
}

/** The proxy on the way to a host, for messages. */
export function proxyOf(host: string): Proxy | undefined {
  if (!URL.canParse(`https://${host}`) || !isProxied(new URL(`https://${host}`))) return undefined;
  for (const variable of PROXY_VARIABLES) {
    const value = environmentVariable(variable);
    if (value === undefined) continue;
    if (!URL.canParse(value)) return { url: 'that is no URL', variable };
    const { protocol, host: proxyHost } = new URL(value);
    return { url: `${protocol}//${proxyHost}`, variable };
  }
  return undefined;
}
