/** Which host could not be reached, and why, in words. */

import type { ErrorClass } from '../contract.js';
import { cleanServerText } from '../redact.js';
import { environmentVariable } from '../runtime/environment.js';
import { isProxied } from './proxy-environment.js';
import { PROXY_VARIABLES } from './proxy-variables.js';

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

interface Proxy {
  /** Without its user name and password. */
  readonly url: string;
  readonly variable: string;
}

function proxyOf(host: string): Proxy | undefined {
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

const DEPTH = 6;

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
