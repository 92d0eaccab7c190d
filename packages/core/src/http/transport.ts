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
 * Runs a function that makes requests through another library. Rejects if one of them used a connection that is not TLS, or
 * a certificate that is not trusted or names another host. Only runs it where Node's modules are missing.
 */
export const withSecureSockets: <T>(run: () => Promise<T>) => Promise<T> = ofRuntime;
