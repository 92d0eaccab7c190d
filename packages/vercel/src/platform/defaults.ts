/** The default clock and fetch. */

import type { Clock } from '@credex/core';

export const systemNow = (clock: Clock | undefined): (() => number) =>
  clock === undefined ? () => Date.now() : () => clock.now();

/** Looked up at each call, because frameworks replace the global fetch. */
export const globalFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
