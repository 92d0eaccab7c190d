/** Which requests go through a proxy, by the variables that curl and `proxy-agent` read. */

import { isLoopback } from '../options/endpoint.js';
import { environmentVariable, isProxySet, PROXY_VARIABLES } from '../runtime/environment.js';

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
