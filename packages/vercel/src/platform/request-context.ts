/** The request context that Vercel's runtime puts on `globalThis`: read, never written. */

import { memberOf } from '@credex/core/driver';

export const TOKEN_HEADER = 'x-vercel-oidc-token';

export interface RequestContext {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly deadline?: unknown;
  waitUntil?(work: Promise<unknown>): void;
}

interface WithRequestContext {
  readonly [REQUEST_CONTEXT]?: { get?(): RequestContext | undefined };
}

const REQUEST_CONTEXT = Symbol.for('@vercel/request-context');

/** The context of the request that is being served; `undefined` outside a request. */
export function requestContext(): RequestContext | undefined {
  return (globalThis as WithRequestContext)[REQUEST_CONTEXT]?.get?.();
}

/** The token header of the request that is being served; `undefined` outside a request. */
export function contextToken(): string | undefined {
  const context = requestContext();
  const headers = context === undefined ? undefined : memberOf(context, 'headers');
  const token = headers === undefined ? undefined : memberOf(headers, TOKEN_HEADER);
  return typeof token === 'string' && token !== '' ? token : undefined;
}
