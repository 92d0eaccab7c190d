/** `#transport` where Node's own modules aren't: edge runtimes, workers, Bun, Deno. */

import type { Transport } from './http.js';
import { post } from './http.js';

/** By the global fetch, looked up at each call: some runtimes and tools put another in its place. */
export function createTransport(): Transport {
  return (provider, url, init) => post((input, how) => globalThis.fetch(input, how), provider, url, init);
}
