/**
 * `#http` where Node's own modules aren't (edge runtimes, workers), and where fetch is native (Bun, Deno). On Node it is
 * loaded with the first request by a `fetch` of the user.
 */

import { ownCopy } from '../own.js';
import type { Fetch, SendInit, Transport } from './http.js';
import { discard, isRedirect, loadRefusals, MAX_ANSWER_BYTES, refuse } from './http.js';
import type { HttpResponse } from '../contract.js';

/** `fetch`: default is the global one, looked up at each call: some runtimes and tools put another in its place. */
export function createTransport(fetch?: Fetch): Transport {
  if (fetch !== undefined) return (provider, url, init) => sendByFetch(fetch, provider, url, init);
  return async (provider, url, init) => {
    try {
      return await sendByFetch((input, how) => globalThis.fetch(input, how), provider, url, init);
    } catch (error) {
      const { fetchFailure } = await loadRefusals();
      throw fetchFailure(error, init.signal);
    }
  };
}

/**
 * @throws FederationError `redirect_refused`, `invalid_response`; whatever `fetch` threw otherwise.
 */
async function sendByFetch(fetch: Fetch, provider: string, url: URL, init: SendInit): Promise<HttpResponse> {
  const response = await fetch(
    url,
    ownCopy<RequestInit>({
      method: init.method ?? 'POST',
      headers: ownCopy(init.headers),
      ...(init.body === undefined ? {} : { body: init.body }),
      signal: init.signal,
      redirect: 'manual',
    }),
  );
  const { status, type } = response;
  // A fetch of the user's own may have followed one all the same.
  if (response.redirected || type === 'opaqueredirect' || isRedirect(status)) {
    discard(response.body);
    return refuse('redirect', provider, url, status);
  }
  const body = await boundedText(response, MAX_ANSWER_BYTES);
  if (body === undefined) return refuse('length', provider, url, status);
  return { status, headers: ownCopy(Object.fromEntries(response.headers)), body };
}

/** `undefined` where it is longer than `most` bytes. */
async function boundedText(response: Response, most: number): Promise<string | undefined> {
  if (response.body === null) return '';
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > most) {
      discard(reader);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * These runtimes leave no socket to look at: their fetch checks certificates, and opens its own tunnels.
 * @public
 */
export async function withSecureSockets<T>(run: () => Promise<T>): Promise<T> {
  return run();
}
