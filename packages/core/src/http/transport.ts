import { createTransport, withSecureSockets as ofRuntime } from '#http';
import { ownCopy } from '../own.js';
import type { Fetch, Transport } from './http.js';

/** By the user's own `fetch`, or what the runtime does best. */
export function transportOf(fetch: Fetch | undefined): Transport {
  const send = createTransport(fetch);
  return (provider, url, init) => send(provider, url, ownCopy(init));
}

/**
 * Runs a function that makes requests through another library. Rejects if one of them used a connection that is not TLS, or
 * a certificate that is not trusted or names another host. Only runs it where Node's modules are missing.
 */
export const withSecureSockets: <T>(run: () => Promise<T>) => Promise<T> = ofRuntime;
