/** A request as it was at the time of the call, and the request that follows a redirect (Fetch, section 4.4). */

import { OptionError } from '@credex/core';
import { ownRequestInit } from '@credex/core/internal';
import { redirectRefused, redirectTarget } from './origins.js';
import type { TokenHeaders } from './trusted-source.js';
import { refuseOwnHeaders } from './trusted-source.js';

/** A copy of the request, so that changes after the call have no effect. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: BodyInit | null;
  /** False for a stream: it can be sent only once, so neither a newer token nor a redirect can repeat it. */
  readonly canRepeat: boolean;
  readonly redirect: RequestRedirect;
  readonly signal: AbortSignal | undefined;
  /** The other options of the caller for `fetch`. */
  readonly rest: RequestInit;
}

/**
 * @param url the validated URL of `input`
 * @throws OptionError if the caller's headers or mode conflict with the token
 */
export function outgoing(
  input: unknown,
  given: RequestInit | undefined,
  url: URL,
  sent: TokenHeaders,
): Outgoing {
  const init = ownRequestInit(given);
  // The platform merges `init` into the request.
  const request = input instanceof Request ? new Request(input, init) : undefined;
  const headers = new Headers(request?.headers ?? init.headers);
  refuseOwnHeaders(headers, sent);
  if ((request?.mode ?? init.mode) === 'no-cors') {
    throw new OptionError(
      'conflicting_options',
      'mode',
      undefined,
      "`mode: 'no-cors'` would drop the header with the token. Remove `mode`. Nothing was sent.",
    );
  }
  const body = request === undefined ? ownBody(init.body) : request.body;
  return {
    url,
    method: (request?.method ?? init.method ?? 'GET').toUpperCase(),
    headers,
    body,
    canRepeat: body === null || (request === undefined && isRepeatable(body)),
    redirect: request?.redirect ?? init.redirect ?? 'follow',
    signal: request?.signal ?? init.signal ?? undefined,
    rest: { ...init, ...(request === undefined ? {} : beyondDefaults(request)) },
  };
}

/** Only values other than the defaults: some runtimes reject members that they do not support. */
function beyondDefaults({ cache, integrity }: Request): RequestInit {
  return {
    ...(cache === undefined || cache === 'default' ? {} : { cache }),
    ...(integrity === undefined || integrity === '' ? {} : { integrity }),
  };
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * The request that follows a redirect; `undefined` if the response goes to the caller.
 * @throws FederationError `redirect_refused`
 */
export function following(response: Response, from: Outgoing): Outgoing | undefined {
  const { status } = response;
  const opaque = response.type === 'opaqueredirect';
  if ((!opaque && !REDIRECTS.includes(status)) || from.redirect === 'manual') return undefined;
  if (from.redirect === 'error')
    throw redirectRefused(from.url, "although the request has `redirect: 'error'`", status);
  if (opaque) throw redirectRefused(from.url, 'that this runtime hides', status);
  const location = response.headers.get('location');
  if (location === null) return undefined;
  const url = redirectTarget(location, from.url, status);
  const becomesGet =
    status === 303 ? !['GET', 'HEAD'].includes(from.method) : status < 303 && from.method === 'POST';
  if (becomesGet) {
    const headers = new Headers(from.headers);
    for (const name of ['encoding', 'language', 'length', 'location', 'type'])
      headers.delete(`content-${name}`);
    return { ...from, url, headers, method: 'GET', body: null, canRepeat: true };
  }
  if (!from.canRepeat) throw redirectRefused(from.url, 'that a streamed body can not follow', status);
  return { ...from, url };
}

/** Whether the API refused the token, so that a newer one may help. */
export function isRefusal({ status, headers }: Response): boolean {
  return status === 401 && saysInvalidToken(headers.get('www-authenticate'));
}

/**
 * True for a `Bearer` challenge with `error="invalid_token"` (RFC 6750, section 3): the token is expired, revoked or
 * malformed.
 */
function saysInvalidToken(header: string | null): boolean {
  if (header === null || header.length > 4_096) return false;
  return /(?:^|,)\s*Bearer\s/i.test(header) && /[\s,]error\s*=\s*"?invalid_token"?\s*(?:,|$)/i.test(header);
}

/** Copies the body, because it is sent after the call, and possibly twice. */
function ownBody(body: BodyInit | null | undefined): BodyInit | null {
  if (body instanceof ArrayBuffer) return body.slice(0);
  if (ArrayBuffer.isView(body))
    return new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength).slice();
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  if (body instanceof FormData) {
    const copy = new FormData();
    for (const [name, value] of body) copy.append(name, value as string);
    return copy;
  }
  return body ?? null;
}

function isRepeatable(body: BodyInit): boolean {
  return (
    typeof body === 'string' ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof URLSearchParams ||
    body instanceof FormData ||
    body instanceof Blob
  );
}
