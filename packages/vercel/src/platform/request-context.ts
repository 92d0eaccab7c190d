/** The request context that Vercel's runtime puts on `globalThis`, and the invocation that it describes. Never written. */

import type { Invocation } from '@credex/core/internal';
import { environmentVariable, memberOf } from '@credex/core/internal';

export const TOKEN_HEADER = 'x-vercel-oidc-token';

interface RequestContext {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly deadline?: unknown;
  waitUntil?(work: Promise<unknown>): void;
}

interface WithRequestContext {
  readonly [REQUEST_CONTEXT]?: { get?(): RequestContext | undefined };
}

const REQUEST_CONTEXT = Symbol.for('@vercel/request-context');

/** Set by `outsideRequests` of core: whatever context is left belongs to a request that this work is none of. */
const OUTSIDE_REQUESTS = Symbol.for('credex.outside-requests');

interface WithMark {
  readonly [OUTSIDE_REQUESTS]?: { getStore(): unknown };
}

/** The context of the request that is being served; `undefined` outside a request. */
function requestContext(): RequestContext | undefined {
  if ((globalThis as WithMark)[OUTSIDE_REQUESTS]?.getStore() === true) return undefined;
  return (globalThis as WithRequestContext)[REQUEST_CONTEXT]?.get?.();
}

/** The token header of the request that is being served; `undefined` outside a request. */
export function contextToken(): string | undefined {
  const context = requestContext();
  const headers = context === undefined ? undefined : memberOf(context, 'headers');
  const token = headers === undefined ? undefined : memberOf(headers, TOKEN_HEADER);
  return typeof token === 'string' && token !== '' ? token : undefined;
}

/**
 * The current invocation on Vercel: its deadline, and `waitUntil`, which keeps the instance awake. It reads the same
 * context as `getDeadline` and `waitUntil` of `@vercel/functions`.
 */
export function vercelInvocation(): Invocation | undefined {
  const context = requestContext();
  // A function instance is frozen between requests; a build or a laptop is not.
  const freezes = environmentVariable('AWS_LAMBDA_FUNCTION_NAME') !== undefined;
  if (context === undefined)
    return freezes ? { deadline: undefined, waitUntil: undefined, freezes } : undefined;
  const waitUntil = memberOf(context, 'waitUntil')?.bind(context);
  return { deadline: epochMilliseconds(memberOf(context, 'deadline')), waitUntil, freezes };
}

/** A number, a Date or a date text: the platform has returned each of them. */
function epochMilliseconds(deadline: unknown): number | undefined {
  const value =
    typeof deadline === 'object'
      ? (deadline as Partial<Date> | null)?.getTime?.()
      : typeof deadline === 'string'
        ? Date.parse(deadline)
        : deadline;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
