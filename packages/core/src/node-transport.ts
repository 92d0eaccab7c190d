/**
 * `#transport` on Node: `node:https`. The first use of the global fetch costs a process 100 ms and 25 MiB; this costs
 * what TLS costs.
 */

import type { Agent, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { environmentVariable } from './environment.js';
import type { PostInit, Transport } from './http.js';
import { MAX_ANSWER_BYTES, redirected, tooLong } from './http.js';
import { optionalPackage } from './optional-package.js';
import { isLoopback } from './url.js';

/** As curl reads them; NO_PROXY is the library's to read. */
const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const;

/** Sockets are kept and shared by the process-wide agent of Node, and so is what the user configured on it. */
export function createTransport(): Transport {
  // Bundlers leave the import alone: few users need it, and fewer have it installed.
  const proxies = optionalPackage('proxy-agent', () => import(/* webpackIgnore: true */ 'proxy-agent'), {
    option: 'fetch',
    instead: `unset ${PROXY_VARIABLES.join(', ')}, or pass a \`fetch\` of your own`,
  });
  let agent: Agent | undefined;
  return async (provider, url, init) => {
    if (agent === undefined && isProxied(url)) {
      const { ProxyAgent } = await proxies.load();
      agent = new ProxyAgent();
    }
    return send(provider, url, init, isLoopback(url.hostname) ? undefined : agent);
  };
}

/** What runs on this machine is not behind a proxy. */
function isProxied(url: URL): boolean {
  return !isLoopback(url.hostname) && PROXY_VARIABLES.some((name) => environmentVariable(name) !== undefined);
}

type Answer = Awaited<ReturnType<Transport>>;

async function send(provider: string, url: URL, init: PostInit, agent: Agent | undefined): Promise<Answer> {
  init.signal.throwIfAborted();
  return new Promise<Answer>((resolve, reject) => {
    const open = (isSecond: boolean): void => {
      const request = requestBy(url)(url, {
        method: 'POST',
        headers: { ...init.headers, 'content-length': Buffer.byteLength(init.body) },
        signal: init.signal,
        ...(agent === undefined ? {} : { agent }),
      });
      let answered = false;
      request.on('response', (response) => {
        answered = true;
        read(provider, url, init.signal, response).then(resolve, (error: unknown) => {
          // Its socket has bytes left that nobody will read.
          request.destroy();
          reject(error as Error);
        });
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A kept socket that the server had just closed says nothing of the server: once more, on a new one.
        const isStale = request.reusedSocket && error.code === 'ECONNRESET';
        if (isStale && !answered && !isSecond && !init.signal.aborted) open(true);
        else reject(init.signal.aborted ? (init.signal.reason as Error) : error);
      });
      request.end(init.body);
    };
    open(false);
  });
}

/**
 * Loopback alone is asked by http. Looked up, not imported: an import of `node:http` evaluates all that it exports,
 * WebSocket among it, and with that loads the whole of fetch (60 ms on Node 24).
 */
function requestBy(url: URL): typeof httpsRequest {
  return url.protocol === 'http:' ? process.getBuiltinModule('node:http').request : httpsRequest;
}

async function read(
  provider: string,
  url: URL,
  signal: AbortSignal,
  response: IncomingMessage,
): Promise<Answer> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) throw redirected(provider, url, status);
  const decoder = new TextDecoder();
  let size = 0;
  let body = '';
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > MAX_ANSWER_BYTES) throw tooLong(provider, status);
      body += decoder.decode(chunk, { stream: true });
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  return { status, headers: textOf(response.headers), body: body + decoder.decode() };
}

function textOf(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
