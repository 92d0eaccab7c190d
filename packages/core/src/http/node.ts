/**
 * `#http` on Node: `node:https`. The first use of the global fetch costs a process 100 ms and 25 MiB; this costs
 * what TLS costs. Bun and Deno, which load this too, use their fetch: it is native, and reads the proxy variables itself.
 */

import type { Agent, IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { ONCE, ownCopy } from '../own.js';
import { isNode } from '../runtime/node.js';
import { loadOnce } from '../runtime/load-once.js';
import type { Fetch, SendInit, Transport } from './http.js';
import { isRedirect, MAX_ANSWER_BYTES, refuse } from './http.js';
import { isProxySet } from '../runtime/environment.js';
import { guardSocket, refusedTunnel, requireSecureSocket, socketFault } from './secure-socket.js';

/** Loaded with the first request that is made by a `fetch`. */
const loadWeb = /* @__PURE__ */ loadOnce(() => import('./web.js'));

/** Sockets are kept and shared by the process-wide agent of Node, and so is what the user configured on it. */
export function createTransport(fetch?: Fetch): Transport {
  if (fetch !== undefined || !isNode)
    return async (provider, url, init) => (await loadWeb()).createTransport(fetch)(provider, url, init);
  return async (provider, url, init) => {
    if (!isProxySet()) return send(provider, url, init, undefined);
    const { throughProxy } = await import('./through-proxy.js');
    return throughProxy(url, (agent) => send(provider, url, init, agent));
  };
}

/**
 * Node copies the options to an object that inherits from Object.prototype: what a program has added there is given as
 * undefined. So is `session`, which keeps the agent from resuming an earlier session: that would show no certificate whose
 * name could be compared.
 */
function notInherited(): RequestOptions {
  const names = ['session'];
  for (const name in {}) names.push(name);
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

type Answer = Awaited<ReturnType<Transport>>;

async function send(provider: string, url: URL, init: SendInit, agent: Agent | undefined): Promise<Answer> {
  init.signal.throwIfAborted();
  return new Promise<Answer>((resolve, reject) => {
    const open = (): void => {
      const request = requestBy(url)({
        ...notInherited(),
        ...partsOf(url),
        method: init.method ?? 'POST',
        headers: ownCopy(
          init.body === undefined
            ? init.headers
            : { ...init.headers, 'content-length': Buffer.byteLength(init.body) },
        ),
        ...(agent === undefined ? {} : { agent }),
      });
      // Not the request's own option: what it loads and adds costs a starting process 1 ms.
      const abort = (): void => fail(init.signal.reason);
      // No one reads the rest of the response.
      const fail = (error: unknown): void => {
        reject(error as Error);
        request.destroy();
      };
      init.signal.addEventListener('abort', abort, ONCE);
      let heard = false;
      const isSecure = url.protocol === 'https:';
      if (isSecure) requireSecureSocket(request, url.hostname, fail);
      request.on('proxyConnect', ({ statusCode }: { readonly statusCode?: unknown }) => {
        const refusal = refusedTunnel(statusCode, url.hostname);
        if (refusal !== undefined) fail(refusal);
      });
      request.on('response', (response) => {
        heard = true;
        const fault = isSecure ? socketFault(response.socket, url.hostname) : undefined;
        if (fault === undefined) read(provider, url, response, resolve, fail);
        else fail(fault);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A kept socket that the server had closed says nothing of the server. The next may be as stale: on to a new one.
        const isStale = request.reusedSocket && /^(?:ECONNRESET|EPIPE)$/.test(error.code ?? '');
        if (isStale && !heard && !init.signal.aborted && init.again?.() !== false) open();
        else reject(error);
        heard = true;
      });
      request.on('close', () => {
        init.signal.removeEventListener('abort', abort);
        // Without a word where the server switches protocols.
        if (!heard) reject(brokenOff());
      });
      request.end(init.body);
    };
    open();
  });
}

/** Of the URL as Node reads one: given the URL itself, it looks for members that a URL has not, and may inherit. */
function partsOf({ protocol, hostname, port, pathname, search }: URL): RequestOptions {
  return {
    protocol,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    path: pathname + search,
    ...(port === '' ? {} : { port }),
  };
}

/**
 * Loopback alone is asked by http. Both modules are looked up with the first request, not imported: an import of
 * `node:http` evaluates all that it exports, WebSocket among it, and with that loads the whole of fetch (60 ms on
 * Node 24), and Bun takes 30 ms for an import of `node:https`, which it does not use here.
 */
function requestBy({ protocol }: URL): typeof import('node:https').request {
  return process.getBuiltinModule(protocol === 'http:' ? 'node:http' : 'node:https').request;
}

function read(
  provider: string,
  url: URL,
  response: IncomingMessage,
  resolve: (answer: Answer) => void,
  fail: (error: unknown) => void,
): void {
  const status = response.statusCode ?? 0;
  const stop = (why: 'redirect' | 'length'): void => {
    response.pause();
    refuse(why, provider, url, status).catch(fail);
  };
  if (isRedirect(status)) {
    stop('redirect');
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) stop('length');
    else chunks.push(chunk);
  });
  response.on('end', () =>
    resolve({
      status,
      headers: textOf(response),
      body: withoutMark(Buffer.concat(chunks).toString()),
    }),
  );
  response.on('error', fail);
  response.on('close', () => {
    if (!response.complete) fail(brokenOff());
  });
}

function brokenOff(): Error {
  return Object.assign(new Error('The answer broke off.'), { code: 'ECONNRESET' });
}

/** A byte order mark is no part of the text: so decodes fetch. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** All values of a name, as fetch has them: `headers` keeps the first of some, and is silent of the others. */
function textOf({ headersDistinct }: IncomingMessage): Record<string, string> {
  return ownCopy(
    Object.fromEntries(
      Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(', ')]),
    ),
  );
}

/** For requests that another library makes while `run` runs: see `watchRequests`, which few processes load. */
export async function withSecureSockets<T>(run: () => Promise<T>): Promise<T> {
  // Bun and Deno verify certificates in their own `node:https`, and publish no such events.
  if (!isNode) return run();
  const { watchRequests } = await import('./watched-requests.js');
  return watchRequests(run, guardSocket);
}
