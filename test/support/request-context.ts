/** What Vercel's runtime does around a handler: the headers of the request being served are in a context. */

import { AsyncLocalStorage } from 'node:async_hooks';

export interface RequestContext {
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadline?: number | Date | string | undefined;
  waitUntil?(work: Promise<unknown>): void;
}

const REQUEST_CONTEXT = Symbol.for('@vercel/request-context');
const requests = new AsyncLocalStorage<RequestContext>();

/** Puts the context where the runtime has it; takes it away again by what is returned. */
export function installRequestContext(): () => void {
  const holder = globalThis as Record<symbol, unknown>;
  const before = holder[REQUEST_CONTEXT];
  holder[REQUEST_CONTEXT] = { get: () => requests.getStore() };
  return () => {
    holder[REQUEST_CONTEXT] = before;
  };
}

/** Runs `handle` as a request that came with `token`, or with none; `more`: what else its context has. */
export function inRequest<T>(token: string | undefined, handle: () => T, more: RequestContext = {}): T {
  const headers = { ...more.headers, ...(token === undefined ? {} : { 'x-vercel-oidc-token': token }) };
  return requests.run({ ...more, headers }, handle);
}
