/** The request context that Vercel's runtime puts on `globalThis`: read, never written. */

export const TOKEN_HEADER = 'x-vercel-oidc-token';

interface RequestContext {
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

interface WithRequestContext {
  readonly [REQUEST_CONTEXT]?: { get?(): RequestContext | undefined };
}

const REQUEST_CONTEXT = Symbol.for('@vercel/request-context');

/** The token header of the request that is being served; `undefined` outside a request. */
export function contextToken(): string | undefined {
  const token = (globalThis as WithRequestContext)[REQUEST_CONTEXT]?.get?.()?.headers?.[TOKEN_HEADER];
  return typeof token === 'string' && token !== '' ? token : undefined;
}
