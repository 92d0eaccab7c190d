/** What `vercelTokenSource` tries when header, file and variable have nothing: a refresh, on a laptop alone. */

import type { Clock, Fetch, SubjectToken, SubjectTokenRequest } from '@credex/core';
import { isLaptop } from '@credex/core/driver';

/**
 * Another token than `but`, the one that was refused. `undefined` where this is no laptop, or its working directory is
 * linked to no project: then there was nothing to look for.
 */
export type LastPlace = (
  but: string | undefined,
  wanted: SubjectTokenRequest,
) => Promise<SubjectToken | undefined>;

export interface LastPlaceOptions {
  readonly local: boolean;
  readonly fetch: Fetch | undefined;
  readonly clock: Clock | undefined;
}

export function createLastPlace({ local, fetch, clock }: LastPlaceOptions): LastPlace {
  return async (but, wanted) => {
    if (!local || !isLaptop()) return undefined;
    // Loaded here alone: a deployment never reads it.
    const { automaticToken } = await import('./local/automatic.js');
    return automaticToken({ fetch, clock }, but, wanted);
  };
}
