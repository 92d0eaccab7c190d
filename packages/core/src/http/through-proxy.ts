/** Requests through the proxy that the environment names, by the optional package `proxy-agent`. */

import type { Agent } from 'node:http';
import { optionalPackage, rethrow } from '../runtime/optional-package.js';
import { isProxied } from './failure.js';
import { PROXY_VARIABLES } from '../runtime/environment.js';

const load = () => import(/* webpackIgnore: true */ 'proxy-agent').catch(rethrow);

const proxies = optionalPackage('proxy-agent', load, {
  option: 'fetch',
  instead: `name the host in NO_PROXY, unset ${PROXY_VARIABLES.join(', ')}, or pass a \`fetch\` of your own`,
});

/** Sends by the proxy's agent, or by Node's own where NO_PROXY exempts the host. */
export async function throughProxy<T>(url: URL, send: (agent: Agent | undefined) => Promise<T>): Promise<T> {
  if (!isProxied(url)) return send(undefined);
  const { ProxyAgent } = await proxies.load();
  // One for each request: it keeps no sockets, and while it waits for the proxy it does not notice that a request ends.
  const sockets = new AbortController();
  try {
    const agent = new ProxyAgent({ signal: sockets.signal });
    // Otherwise it looks for `https` in a stack trace, and finds none where `Error.stackTraceLimit` is 0.
    agent.protocol = url.protocol;
    return await send(agent);
  } finally {
    sockets.abort();
  }
}
