/** What the platform says of the invocation that is being served. */

export interface Invocation {
  /** When the platform ends the invocation, epoch milliseconds. */
  readonly deadline?: number | undefined;
  /** Keeps the instance awake until the promise settles. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
  /** Whether the platform freezes the instance between requests. */
  readonly freezes?: boolean | undefined;
}

interface Isolate {
  readonly EdgeRuntime?: unknown;
  readonly navigator?: { readonly userAgent?: string };
}

/**
 * Whether a promise that one request creates settles for another request. Not in an edge isolate: work there belongs to
 * the request that started it, and its sockets close with that request.
 */
export function sharesPromises(): boolean {
  const { EdgeRuntime, navigator } = globalThis as Isolate;
  return typeof EdgeRuntime !== 'string' && navigator?.userAgent !== 'Cloudflare-Workers';
}
