/** What an adapter throws instead of its client's error, which may repeat the whole command with the record. */

const CODES: ReadonlySet<string> = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOAUTH',
  'NOPERM',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'TRYAGAIN',
  'UNKILLABLE',
  'WRONGPASS',
  'WRONGTYPE',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** A failed operation of an engine. `code`: the engine's or the network's own code, if it is one that says no more. */
export class StoreEngineError extends Error {
  override readonly name = 'StoreEngineError';
  readonly code: string | undefined;

  constructor(operation: string, code: string | undefined) {
    super(`The store's operation ${operation} failed${code === undefined ? '' : ` (${code})`}.`);
    this.code = code;
  }
}

/** Runs an operation of a client. Neither the client's error nor a word of it leaves. */
export async function engineCall<T>(operation: string, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new StoreEngineError(operation, codeOf(error));
  }
}

function codeOf(error: unknown): string | undefined {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as Partial<
    Record<string, unknown>
  >;
  // Redis begins its errors with a code.
  const [word = ''] = typeof message === 'string' ? (/^[A-Z]+(?= )/.exec(message) ?? []) : [];
  return [code, word].find((found): found is string => typeof found === 'string' && CODES.has(found));
}
