/** The one place of this room that meets the global `fetch`. */

import type { Fetch } from '@credex/core';

/** Looked up at each call, so that an instrumentation that is installed later is used. */
export const systemFetch: Fetch = (input, init) => globalThis.fetch(input, init);
