/** Time and the network, as they come in where no option brings others. */

import type { Clock } from '@credex/core';

export const systemNow = (clock: Clock | undefined): (() => number) =>
  clock === undefined ? () => Date.now() : () => clock.now();

/** Looked up at each call: frameworks replace the global one. */
export const globalFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
