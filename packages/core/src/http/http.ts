/** One request of ours: no redirect, a bounded answer, ended by a signal. Here by a `fetch`. */

import type { HttpResponse } from '../contract.js';
import { FederationError } from '../errors.js';
import { memberOf, ownCopy } from '../own.js';

export const MAX_ANSWER_BYTES = 262_144;

export type Fetch = (input: URL | string, init: RequestInit) => Promise<Response>;

export interface SendInit {
  /** Default: `POST`. */
  readonly method?: 'GET' | 'POST' | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Whether a request that met with a dead kept socket is still worth making. Default: it is. */
  readonly again?: (() => boolean) | undefined;
  readonly signal: AbortSignal;
}

/**
 * A way to the network; `#http` is that of the runtime.
 * @throws FederationError `redirect_refused`, `invalid_response`; whatever the network threw otherwise.
 */
export type Transport = (provider: string, url: URL, init: SendInit) => Promise<HttpResponse>;

/**
 * @throws FederationError `redirect_refused`, `invalid_response`; whatever `fetch` threw otherwise.
 */
export async function sendByFetch(
  fetch: Fetch,
  provider: string,
  url: URL,
  init: SendInit,
): Promise<HttpResponse> {
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
  if (response.redirected || type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    discard(response.body);
    throw redirected(provider, url, status);
  }
  const body = await boundedText(response, MAX_ANSWER_BYTES);
  if (body === undefined) throw tooLong(provider, status);
  return { status, headers: ownCopy(Object.fromEntries(response.headers)), body };
}

export function redirected(provider: string, url: URL, status: number): FederationError {
  return new FederationError({
    code: 'redirect_refused',
    provider,
    message: 'The server answered with a redirect, which is never followed.',
    hint: `Check the endpoint ${url.origin}: a token service does not redirect.`,
    status,
  });
}

export function tooLong(provider: string, status: number): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider,
    message: `The answer is longer than ${MAX_ANSWER_BYTES} bytes.`,
    status,
  });
}

/** What `fetch` reads of its second argument, which may be a Request: those have getters, of their class. */
const OF_A_REQUEST = [
  ...(['body', 'cache', 'credentials', 'headers', 'integrity', 'keepalive', 'method', 'mode'] as const),
  ...(['redirect', 'referrer', 'referrerPolicy', 'signal'] as const),
];

/** As `fetch` reads it, without what every object inherits. */
export function ownRequestInit(given: RequestInit | undefined): RequestInit {
  const init = ownCopy(given ?? {});
  if (given === undefined) return init;
  const members = OF_A_REQUEST.map((name) => [name, memberOf(given, name)]);
  return Object.assign(init, Object.fromEntries(members.filter(([, value]) => value !== undefined)));
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

/** Not waited for: a stream that won't end, or fails to, must not hide what was wrong with it. */
export function discard(stream: { cancel(): Promise<void> } | null): void {
  stream?.cancel().catch(() => undefined);
}
