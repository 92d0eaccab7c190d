/** `#http` where Node's own modules aren't (edge runtimes, workers), and where fetch is native (Bun, Deno). */

import { FederationError } from '../errors.js';
import { transportFailure } from './failure.js';
import type { Transport } from './http.js';
import { sendByFetch } from './http.js';

/** By the global fetch, looked up at each call: some runtimes and tools put another in its place. */
export function createTransport(): Transport {
  return async (provider, url, init) => {
    try {
      return await sendByFetch((input, how) => globalThis.fetch(input, how), provider, url, init);
    } catch (error) {
      if (init.signal.aborted || FederationError.isInstance(error) || transportFailure(error) !== undefined)
        throw error;
      // workerd throws plain errors ("internal error; reference = …"): the request was sound, so the way to it wasn't.
      throw new TypeError('The fetch failed.', { cause: error });
    }
  };
}

/**
 * These runtimes leave no socket to look at: their fetch checks certificates, and opens its own tunnels.
 * @public
 */
export async function withSecureSockets<T>(run: () => Promise<T>): Promise<T> {
  return run();
}
