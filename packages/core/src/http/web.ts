/** `#http` where Node's own modules aren't (edge runtimes, workers), and where fetch is native (Bun, Deno). */

import type { Transport } from './http.js';
import { loadRefusals, sendByFetch } from './http.js';

/** By the global fetch, looked up at each call: some runtimes and tools put another in its place. */
export function createTransport(): Transport {
  return async (provider, url, init) => {
    try {
      return await sendByFetch((input, how) => globalThis.fetch(input, how), provider, url, init);
    } catch (error) {
      const { fetchFailure } = await loadRefusals();
      throw fetchFailure(error, init.signal);
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
