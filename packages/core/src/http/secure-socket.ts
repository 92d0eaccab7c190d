/**
 * A request leaves for an `https:` URL, and a response counts, only on a TLS socket whose certificate is trusted and
 * names the host; whatever an agent, a proxy or a process-wide default allows (RFC 9110, section 4.3.4).
 */

import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What was checked, and for which host: a kept socket is checked once. */
const checked = new WeakMap<Socket, string>();

/**
 * Calls `refuse` before anything is written, where the request is about to be sent on another socket than that.
 * @param refuse gets an error whose `code` is OpenSSL's, Node's or ECONNRESET
 */
export function requireSecureSocket(
  request: ClientRequest,
  hostname: string,
  refuse: (error: Error) => void,
): void {
  request.on('socket', (socket) => guardSocket(socket, hostname, refuse));
}

export type GuardSocket = (socket: Socket, hostname: string, refuse: (error: Error) => void) => void;

/** Checks at once, or where TLS is still to be negotiated on the socket, when it has been: nothing is written before. */
export const guardSocket: GuardSocket = (socket, hostname, refuse) => {
  const check = (): void => {
    const fault = socketFault(socket, hostname);
    if (fault !== undefined) refuse(fault);
  };
  const { encrypted, secureConnecting } = socket as TLSSocket & { readonly secureConnecting?: boolean };
  if (encrypted && secureConnecting === true) socket.once('secureConnect', check);
  else check();
};

/** Hosts whose certificate passed in full, the last time that one was shown. */
const named = new Set<string>();
const MOST_NAMED = 256;

/** Why nothing that this socket brings counts as sent by `hostname`; `undefined` where it does. */
export function socketFault(socket: Socket, hostname: string): Error | undefined {
  if (checked.get(socket) === hostname) return undefined;
  const { encrypted, authorized, authorizationError } = socket as TLSSocket;
  if (!encrypted) return notEncrypted(hostname);
  if (!authorized) return notTrusted(hostname, codeOf(authorizationError));
  if (!hasName(socket as TLSSocket, hostname)) return notTrusted(hostname, 'ERR_TLS_CERT_ALTNAME_INVALID');
  checked.set(socket, hostname);
  return undefined;
}

/**
 * Node compares the name itself, but not for a resumed session, and not where an agent sets `checkServerIdentity`.
 * A resumed session shows no certificate at all: it counts where the last full handshake with the host passed.
 */
function hasName(socket: TLSSocket, hostname: string): boolean {
  const certificate = socket.getPeerCertificate();
  if (socket.isSessionReused() && Object.keys(certificate).length === 0) return named.has(hostname);
  const host = hostname.replace(/^\[|\]$/g, '');
  // Looked up: an import of `node:tls` evaluates its list of root certificates.
  const fault = process.getBuiltinModule('node:tls').checkServerIdentity(host, certificate);
  named.delete(hostname);
  if (fault !== undefined) return false;
  if (named.size >= MOST_NAMED) named.clear();
  named.add(hostname);
  return true;
}

/** Node declares an Error, and gives its code. */
function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : error;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'ERR_TLS_CERT';
}

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

function notEncrypted(hostname: string): Error {
  return coded(`Something before ${hostname} answered without TLS: its response is refused.`, 'ECONNRESET');
}

function notTrusted(hostname: string, code: string): Error {
  return coded(`The certificate of ${hostname} is not trusted (${code}).`, code);
}

/** What a proxy agent tells of the response to CONNECT (its event `proxyConnect`), where that opens no tunnel. */
export function refusedTunnel(status: unknown, hostname: string): Error | undefined {
  if (status === 200) return undefined;
  return coded(`The proxy refused a tunnel to ${hostname}: HTTP status ${Number(status)}.`, 'ECONNRESET');
}
