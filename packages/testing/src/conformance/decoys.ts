/** Lies in wait where a subject token is found on Vercel: an exchanger has its own from core alone. */

const REQUEST_CONTEXT = Symbol.for('@vercel/request-context');
const VARIABLE = 'VERCEL_OIDC_TOKEN';
const DECOY = 'decoy.decoy.decoy';

export interface Watched<T> {
  readonly result: T;
  /** How often the request context was read. */
  readonly reads: number;
}

export async function amongDecoys<T>(run: () => Promise<T>): Promise<Watched<T>> {
  const holder = globalThis as Record<symbol, unknown>;
  const before = { context: holder[REQUEST_CONTEXT], variable: process.env[VARIABLE] };
  let reads = 0;
  holder[REQUEST_CONTEXT] = {
    get() {
      reads += 1;
      return { headers: { 'x-vercel-oidc-token': DECOY } };
    },
  };
  process.env[VARIABLE] = DECOY;
  try {
    return { result: await run(), reads };
  } finally {
    holder[REQUEST_CONTEXT] = before.context;
    if (before.variable === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before.variable;
  }
}
