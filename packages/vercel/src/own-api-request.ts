/** One request as the caller meant it at the call, and what a redirect makes of it (Fetch, section 4.4). */

import { OptionError } from '@credex/core';
import { ownRequestInit } from '@credex/core/driver';
import { redirectRefused, redirectTarget } from './own-api-origins.js';

/** Taken in the caller's own time: what is changed after the call changes nothing of the request. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: BodyInit | null;
  /** A stream is sent once: neither a fresher token nor a redirect that keeps the method can follow. */
  readonly canRepeat: boolean;
  readonly redirect: RequestRedirect;
  readonly signal: AbortSignal | undefined;
  /** All else that the caller passed on to `fetch`. */
  readonly rest: RequestInit;
}

/**
 * @param url the one of `input`, checked
 * @throws OptionError where the caller's own headers or mode leave no place for the token
 */
export function outgoing(input: unknown, given: RequestInit | undefined, url: URL): Outgoing {
  const init = ownRequestInit(given);
  // Everything that `init` says of the request is merged by the platform's own rules.
  const request = input instanceof Request ? new Request(input, init) : undefined;
  const headers = new Headers(request?.headers ?? init.headers);
  if (headers.has('authorization')) {
    throw new OptionError(
      'conflicting_options',
      'headers',
      undefined,
      'The request has an Authorization header of its own: leave it to this fetch, or use another fetch. Nothing was sent.',
    );
  }
  if ((request?.mode ?? init.mode) === 'no-cors') {
    throw new OptionError(
      'conflicting_options',
      'mode',
      undefined,
      "`mode: 'no-cors'` drops the Authorization header in silence. Nothing was sent.",
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

/** Some runtimes refuse the members that they don't have, whatever their value. */
function beyondDefaults({ cache, integrity }: Request): RequestInit {
  return {
    ...(cache === undefined || cache === 'default' ? {} : { cache }),
    ...(integrity === undefined || integrity === '' ? {} : { integrity }),
  };
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * The request that follows an answer; `undefined` where the answer is the caller's.
 * @throws FederationError `redirect_refused`
 */
export function following(response: Response, from: Outgoing): Outgoing | undefined {
  const { status } = response;
  const opaque = response.type === 'opaqueredirect';
  if ((!opaque && !REDIRECTS.includes(status)) || from.redirect === 'manual') return undefined;
  if (from.redirect === 'error')
    throw redirectRefused(from.url, "where `redirect: 'error'` was asked for", status);
  if (opaque) throw redirectRefused(from.url, 'that this runtime does not show', status);
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

/** `fetch` takes a body as it is at the call; ours is sent later, and perhaps twice. */
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
