/** One request in phases, so that a failure can be located: DNS, proxy, TCP, TLS, HTTP. */

import { linkedSignal } from '@credex/core/internal';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { request as overHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
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

/** Runs a part of the request. A failure becomes the fault, and the time that it took is recorded. */
type Phase = <T>(name: string, run: () => Promise<T>, fault: (cause: unknown) => Fault) => Promise<T>;

/** @throws Fault `dns_failed`, `proxy_…`, `connection_failed`, `tls_untrusted`, `tls_failed`, `http_failed` */
export async function reach(
  { env, clock }: Pick<Io, 'env' | 'clock'>,
  url: URL,
  signal: AbortSignal,
  sent: Sent = {},
): Promise<Reached> {
  const phases: string[] = [];
  const phase: Phase = async (name, run, fault) => {
    const began = clock.monotonic();
    try {
      return await run();
    } catch (cause) {
      throw cause instanceof Fault || signal.aborted ? (cause as Error) : fault(cause);
    } finally {
      phases.push(`${name} ${Math.round(clock.monotonic() - began)} ms`);
    }
  };
  const socket = await connect(phase, url, proxyFor(url, env), signal);
  try {
    const response = await phase(
      'HTTP',
      () => http(socket, url, sent, signal),
      (cause) => fault('http_failed', url, `${url.host} did not send a readable response`, cause),
    );
    return { ...response, phases: phases.join(', ').replace('HTTP', `HTTP ${response.status}`) };
  } finally {
    socket.destroy();
  }
}

/** A connection to the URL's server, through the proxy and with TLS as needed. */
async function connect(phase: Phase, url: URL, proxy: URL | undefined, signal: AbortSignal): Promise<Socket> {
  const first = proxy ?? url;
  await phase(
    'DNS',
    () => lookup(bare(first.hostname)),
    (cause) => fault('dns_failed', first, `The host name ${first.hostname} cannot be resolved`, cause),
  );
  let socket = await phase(
    'TCP',
    () => tcp(first, signal),
    (cause) =>
      proxy === undefined
        ? fault('connection_failed', url, `${url.host} does not accept a connection`, cause)
        : fault('proxy_unreachable', proxy, `The proxy ${proxy.host} does not accept a connection`, cause, {
            hint: 'Its URL comes from HTTPS_PROXY, https_proxy, ALL_PROXY or all_proxy.',
          }),
  );
  const secure = (name: string, server: URL): Promise<Socket> =>
    phase(
      name,
      () => tls(socket, server.hostname, signal),
      (cause) => untrusted(server, cause),
    );
  try {
    if (proxy?.protocol === 'https:') socket = await secure('proxy TLS', proxy);
    if (proxy !== undefined)
      socket = await phase(
        'proxy',
        () => tunnel(socket, proxy, url, signal),
        (cause) =>
          fault('proxy_failed', url, `The proxy ${proxy.host} did not connect to ${url.host}`, cause),
      );
    if (url.protocol === 'https:') socket = await secure('TLS', url);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

const fault = (
  code: string,
  { hostname: host }: URL,
  message: string,
  cause: unknown,
  more: { readonly hint?: string } = {},
): Fault => new Fault(code, `${message} (${codeOf(cause)}).`, { host, ...more });

/** `reach` as a fetch. Unlike the global fetch, it uses the proxy. */
export const reachingFetch =
  (io: Pick<Io, 'env' | 'clock'>, signal: AbortSignal): Fetch =>
  async (input, init) => {
    const headers = Object.fromEntries(new Headers(init.headers));
    const body = typeof init.body === 'string' ? init.body : undefined;
    const given = init.signal === undefined || init.signal === null ? [] : [init.signal];
    const all = linkedSignal([signal, ...given]);
    const response = await reach(io, new URL(input), all.signal, {
      method: init.method,
      headers,
      body,
    }).finally(all.release);
    const isBodiless = response.status === 204 || response.status === 304;
    return new Response(isBodiless ? null : response.body, {
      status: response.status,
      headers: response.headers,
    });
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
    // NODE_TLS_REJECT_UNAUTHORIZED=0 must not send a token to whoever is on the way.
    connectTls({
      socket,
      host: bare(servername),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      ...named,
    }),
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

/** `once` reports an error that comes first. A later one without a listener would end the process. */
const IGNORED = (): void => undefined;

/** CONNECT (RFC 9110, section 9.3.6). */
async function tunnel(socket: Socket, proxy: URL, to: URL, signal: AbortSignal): Promise<Socket> {
  const place = `${to.hostname}:${portOf(to)}`;
  const user = decodeURIComponent(proxy.username);
  const secret = decodeURIComponent(proxy.password);
  const login =
    user === ''
      ? {}
      : { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` };
  const connecting = overHttp({
    method: 'CONNECT',
    path: place,
    headers: { host: place, ...login },
    createConnection: () => socket,
    signal,
  });
  connecting.on('error', IGNORED).end();
  const [{ statusCode }] = (await once(connecting, 'connect')) as [IncomingMessage];
  if (statusCode === 200) return socket;
  const message = `The proxy ${proxy.host} refused to connect to ${place} (HTTP ${statusCode ?? ''}).`;
  throw new Fault('proxy_refused', message, { host: proxy.hostname });
}

async function http(
  socket: Socket,
  url: URL,
  { method = 'GET', headers, body }: Sent,
  signal: AbortSignal,
): Promise<Omit<Reached, 'phases'>> {
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
  sent.on('error', IGNORED).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.byteLength;
    if (length > MAX_BYTES) throw new Error('too long');
    chunks.push(chunk);
  }
  const all = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(all) as Record<string, string>,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

const CERTIFICATE = /^(?:UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA)/;

const untrusted = (server: URL, cause: unknown): Fault =>
  CERTIFICATE.test(codeOf(cause))
    ? fault('tls_untrusted', server, `This machine does not trust the certificate of ${server.host}`, cause, {
        hint: 'If a proxy inspects TLS, or the clouds are emulated, set NODE_EXTRA_CA_CERTS to the file with its CA certificate.',
      })
    : fault('tls_failed', server, `The TLS connection to ${server.host} failed`, cause);

function codeOf(cause: unknown): string {
  const { code, message } = cause as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'string' ? code : typeof message === 'string' ? message.slice(0, 60) : 'failed';
}
