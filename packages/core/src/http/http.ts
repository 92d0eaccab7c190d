/** One request of ours, and its answer: no redirect, bounded, ended by a signal. */

import type { HttpResponse } from '../contract.js';
import type { LoadOnce } from '../runtime/load-once.js';
import { loadOnce } from '../runtime/load-once.js';
import { isError } from '../visible.js';

/** Loaded with the first response that is refused, or does not come. */
export const loadRefusals: LoadOnce<typeof import('./failure.js')> = /* @__PURE__ */ loadOnce(
  () => import('./failure.js'),
);

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

export const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/** @throws FederationError: a response that redirects, or is longer than is read */
export async function refuse(
  why: 'redirect' | 'length',
  provider: string,
  { origin }: URL,
  status: number,
): Promise<never> {
  const { redirected, tooLong } = await loadRefusals();
  throw why === 'redirect' ? redirected(provider, origin, status) : tooLong(provider, status);
}

/** Not waited for: a stream that won't end, or fails to, must not hide what was wrong with it. */
export function discard(stream: { cancel(): Promise<void> } | null): void {
  stream?.cancel().catch(() => undefined);
}

/** An exchanger throws it for a response without a credential. Users receive the `FederationError` that core makes of it. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError';
  /** Not enumerable, so that it is not printed: a body may repeat what was sent, or contain a token. */
  declare readonly response: HttpResponse;
  /** What is wrong with a successful response: subject "it" or the field, and a verb. `undefined` for a failed one. */
  readonly fault: string | undefined;
  /** The request, if an exchange makes several. */
  readonly step: string | undefined;

  constructor(response: HttpResponse, fault?: string, step?: string) {
    super(`The response has status ${response.status}${fault === undefined ? '' : `, but ${fault}`}.`);
    Object.defineProperty(this, 'response', { value: response });
    this.fault = fault;
    this.step = step;
  }

  /** True for a ResponseError of any copy of this package. */
  static isInstance(error: unknown): error is ResponseError {
    return isError(error) && error.name === 'ResponseError';
  }
}

/** Names are in lower case. */
type Headers = Readonly<Record<string, unknown>>;

/** The server's clock, epoch milliseconds; `undefined` where a cache on the way may have answered (RFC 9111, 5.1). */
export function serverDate(headers: Headers): number | undefined {
  if (headers['age'] !== undefined || typeof headers['date'] !== 'string') return undefined;
  const date = Date.parse(headers['date']);
  return Number.isNaN(date) ? undefined : date;
}
