import { createTransport, withSecureSockets as ofRuntime } from '#http';
import { ownCopy } from '../own.js';
import type { Fetch, Transport } from './http.js';
import { sendByFetch } from './http.js';

/** The user's own `fetch`, or what the runtime does best. */
export function transportOf(fetch: Fetch | undefined): Transport {
  const send: Transport =
    fetch === undefined
      ? createTransport()
      : (provider, url, init) => sendByFetch(fetch, provider, url, init);
  return (provider, url, init) => send(provider, url, ownCopy(init));
}

/**
 * Runs what makes requests by a library of its own, and rejects where one of them met a connection that is not TLS, or a
 * certificate that is not trusted or names another host. Where Node's modules are missing, it only runs.
 */
export const withSecureSockets: <T>(run: () => Promise<T>) => Promise<T> = ofRuntime;
