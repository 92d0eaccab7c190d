import { createTransport } from '#transport';
import type { Fetch, Transport } from './http.js';
import { sendByFetch } from './http.js';
import { ownCopy } from './own.js';

/** The user's own `fetch`, or what the runtime does best. */
export function transportOf(fetch: Fetch | undefined): Transport {
  const send: Transport =
    fetch === undefined
      ? createTransport()
      : (provider, url, init) => sendByFetch(fetch, provider, url, init);
  return (provider, url, init) => send(provider, url, ownCopy(init));
}
