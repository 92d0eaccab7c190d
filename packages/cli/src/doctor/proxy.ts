/** The proxy for a URL, from the environment variables that credex's own requests use. */

import type { Io } from '../io.js';
import { Fault } from './fault.js';

/** @returns undefined for no proxy. @throws Fault `proxy_invalid` */
export function proxyFor({ protocol, hostname, port }: URL, env: Io['env']): URL | undefined {
  const scheme = protocol.slice(0, -1);
  const variable = [scheme, 'all']
    .flatMap((name) => [`${name}_proxy`, `${name}_proxy`.toUpperCase()])
    .find((name) => (env[name] ?? '') !== '');
  if (variable === undefined || isExempt(hostname, port || defaultPort(protocol), env)) return undefined;
  const written = env[variable] as string;
  const text = written.includes('://') ? written : `http://${written}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  throw new Fault(
    'proxy_invalid',
    `${variable} is not the URL of a proxy, such as http://proxy.example:3128.`,
    {
      host: hostname,
    },
  );
}

const defaultPort = (protocol: string): string => (protocol === 'https:' ? '443' : '80');

/** NO_PROXY: names, with or without a leading dot, each with a port or without; `*` is all. */
function isExempt(hostname: string, port: string, env: Io['env']): boolean {
  const list = env['no_proxy'] || env['NO_PROXY'] || '';
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, name = entry, at] = /^(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (at !== undefined && at !== port) return false;
      const suffix = name.replace(/^\*/, '');
      return (
        suffix === '' ||
        hostname === suffix ||
        hostname.endsWith(suffix.startsWith('.') ? suffix : `.${suffix}`)
      );
    });
}
