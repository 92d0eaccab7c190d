/** One request in phases, so that a failure can be located: DNS, proxy, TCP, TLS, HTTP. */

import { linkedSignal } from '@credex/core/internal';
import { lookup } from 'node:dns/promises';
import { request as overHttp } from 'node:http';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Fetch } from '@credex/core';
import type { Io } from '../io.js';
import { Fault } from './fault.js';
import { proxyFor } from './proxy.js';

export interface Reached {
  /** `DNS 2 ms, TCP 1 ms, TLS 9 ms, HTTP 200 4 ms` */
  readonly phases: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Sent {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

const MAX_BYTES = 262_144;

/** @throws Fault `dns_failed`, `proxy_…`, `connection_failed`, `tls_untrusted`, `tls_failed`, `http_failed` */
export async function reach(
  { env, clock }: Pick<Io, 'env' | 'clock'>,
  url: URL,
  signal: AbortSignal,
  sent: Sent = {},
): Promise<Reached> {
  const phases: string[] = [];
  const host = url.hostname;
  const phase = async <T>(
    name: string,
    run: () => Promise<T>,
    fault: (cause: unknown) => Fault,
  ): Promise<T> => {
    const began = clock.monotonic();
    try {
      return await run();
    } catch (cause) {
      if (cause instanceof Fault || signal.aborted) throw cause;
      throw fault(cause);
    } finally {
      phases.push(`${name} ${Math.round(clock.monotonic() - began)} ms`);
    }
  };

  const proxy = proxyFor(url, env);
  const first = proxy ?? url;
  await phase(
    'DNS',
    () => lookup(bare(first.hostname)),
    (cause) =>
      new Fault('dns_failed', `The host name ${first.hostname} cannot be resolved (${codeOf(cause)}).`, {
        host: first.hostname,
      }),
  );
  let socket = await phase(
    'TCP',
    () => tcp(first, signal),
    (cause) =>
      proxy === undefined
        ? new Fault('connection_failed', `${url.host} does not accept a connection (${codeOf(cause)}).`, {
            host,
          })
        : new Fault(
            'proxy_unreachable',
            `The proxy ${proxy.host} does not accept a connection (${codeOf(cause)}).`,
            {
              host: proxy.hostname,
              hint: 'Its URL comes from HTTPS_PROXY, https_proxy, ALL_PROXY or all_proxy.',
            },
          ),
  );
  try {
    if (proxy?.protocol === 'https:')
      socket = await phase(
        'proxy TLS',
        () => tls(socket, proxy.hostname, signal),
        (cause) => untrusted(proxy, cause),
      );
    const via = proxy;
    if (via !== undefined)
      socket = await phase(
        'proxy',
        () => tunnel(socket, via, url, signal),
        (cause) =>
          new Fault(
            'proxy_failed',
            `The proxy ${via.host} did not connect to ${url.host} (${codeOf(cause)}).`,
            { host },
          ),
      );
    if (url.protocol === 'https:')
      socket = await phase(
        'TLS',
        () => tls(socket, host, signal),
        (cause) => untrusted(url, cause),
      );
    const answer = await phase(
      'HTTP',
      () => http(socket, url, sent, signal),
      (cause) =>
        new Fault('http_failed', `${url.host} did not send a readable response (${codeOf(cause)}).`, {
          host,
        }),
    );
    return { ...answer, phases: phases.join(', ').replace('HTTP', `HTTP ${answer.status}`) };
  } finally {
    socket.destroy();
  }
}

/** `reach` as a fetch. Unlike the global fetch, it uses the proxy. */
export const reachingFetch =
  (io: Pick<Io, 'env' | 'clock'>, signal: AbortSignal): Fetch =>
  async (input, init) => {
    const headers = Object.fromEntries(new Headers(init.headers));
    const body = typeof init.body === 'string' ? init.body : undefined;
    const given = init.signal === undefined || init.signal === null ? [] : [init.signal];
    const all = linkedSignal([signal, ...given]);
    const answer = await reach(io, new URL(input), all.signal, {
      method: init.method,
      headers,
      body,
    }).finally(all.release);
    const isBodiless = answer.status === 204 || answer.status === 304;
    return new Response(isBodiless ? null : answer.body, { status: answer.status, headers: answer.headers });
  };

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

function tcp(url: URL, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host: bare(url.hostname), port: portOf(url) });
  return ready(socket, 'connect', signal);
}

function tls(socket: Socket, servername: string, signal: AbortSignal): Promise<Socket> {
  // An IP address is not a server name (RFC 6066, section 3).
  const named = /^[\d.]+$|:/.test(servername) ? {} : { servername };
  return ready(
    connectTls({ socket, host: bare(servername), ALPNProtocols: ['http/1.1'], ...named }),
    'secureConnect',
    signal,
  );
}

function ready<S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const stop = (): void => void socket.destroy(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    socket.once(event, () => {
      signal.removeEventListener('abort', stop);
      resolve(socket);
    });
    // Never removed: an error event without a listener would end the process.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}

/** CONNECT (RFC 9110, section 9.3.6). */
function tunnel(socket: Socket, proxy: URL, to: URL, signal: AbortSignal): Promise<Socket> {
  const place = `${to.hostname}:${portOf(to)}`;
  const user = decodeURIComponent(proxy.username);
  const secret = decodeURIComponent(proxy.password);
  const login =
    user === ''
      ? {}
      : { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` };
  return new Promise((resolve, reject) => {
    const asked = overHttp({
      method: 'CONNECT',
      path: place,
      headers: { host: place, ...login },
      createConnection: () => socket,
      signal,
    });
    asked.once('connect', ({ statusCode }) => {
      if (statusCode === 200) resolve(socket);
      else
        reject(
          new Fault(
            'proxy_refused',
            `The proxy ${proxy.host} refused to connect to ${place} (HTTP ${statusCode ?? ''}).`,
            { host: proxy.hostname },
          ),
        );
    });
    asked.once('error', reject);
    asked.end();
  });
}

function http(
  socket: Socket,
  url: URL,
  { method = 'GET', headers, body }: Sent,
  signal: AbortSignal,
): Promise<Omit<Reached, 'phases'>> {
  return new Promise((resolve, reject) => {
    const sent = overHttp({
      method,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        connection: 'close',
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      createConnection: () => socket,
      signal,
    });
    sent.once('error', reject);
    sent.once('response', (answer) => {
      const chunks: Buffer[] = [];
      let length = 0;
      answer.on('data', (chunk: Buffer) => {
        length += chunk.byteLength;
        if (length > MAX_BYTES) sent.destroy(new Error('too long'));
        chunks.push(chunk);
      });
      answer.once('error', reject);
      answer.once('end', () => {
        const all = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
        resolve({
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(all) as Record<string, string>,
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    sent.end(body);
  });
}

const CERTIFICATE = /^(?:UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA)/;

function untrusted({ host, hostname }: URL, cause: unknown): Fault {
  const code = codeOf(cause);
  return CERTIFICATE.test(code)
    ? new Fault('tls_untrusted', `This machine does not trust the certificate of ${host} (${code}).`, {
        host: hostname,
        hint: 'If a proxy inspects TLS, or the clouds are emulated, set NODE_EXTRA_CA_CERTS to the file with its CA certificate.',
      })
    : new Fault('tls_failed', `The TLS connection to ${host} failed (${code}).`, { host: hostname });
}

function codeOf(cause: unknown): string {
  const { code, message } = cause as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'string' ? code : typeof message === 'string' ? message.slice(0, 60) : 'failed';
}
