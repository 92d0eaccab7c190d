/** The HTTP step of an exchange: one POST, no redirect, a bounded answer, a time limit. Here by a `fetch`. */

import { boundedText, discard } from './bounded-text.js';
import type { HttpAnswer } from './contract.js';
import { FederationError } from './errors.js';

export const MAX_ANSWER_BYTES = 262_144;

export type Fetch = (input: URL | string, init: RequestInit) => Promise<Response>;

export interface PostInit {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/**
 * The way to the network of a provider that was given no `fetch`: `#transport` is that of the runtime.
 * @throws FederationError `redirect_refused`, `invalid_response`; whatever the network threw otherwise.
 */
export type Transport = (provider: string, url: URL, init: PostInit) => Promise<HttpAnswer>;

/**
 * @throws FederationError `redirect_refused`, `invalid_response`; whatever `fetch` threw otherwise.
 */
export async function post(fetch: Fetch, provider: string, url: URL, init: PostInit): Promise<HttpAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: init.headers,
    body: init.body,
    signal: init.signal,
    redirect: 'manual',
  });
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    discard(response.body);
    throw redirected(provider, url, response.status);
  }
  const body = await boundedText(response, MAX_ANSWER_BYTES);
  if (body === undefined) throw tooLong(provider, response.status);
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

export function redirected(provider: string, url: URL, status: number): FederationError {
  return new FederationError({
    code: 'redirect_refused',
    provider,
    message: 'The server answered with a redirect, which is never followed with a token in hand.',
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
