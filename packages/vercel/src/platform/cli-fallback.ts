/** The CLI fallback of `vercelTokenSource`: without a header, file or variable, it refreshes a token, only on a laptop. */

import type { Clock, Fetch, SubjectToken, SubjectTokenRequest } from '@credex/core';
import { isLaptop } from '@credex/core/driver';

/**
 * Returns a token other than `rejectedToken`. `undefined` if this is not a laptop, or if its working directory is not
 * linked to a project.
 */
export type CliFallback = (
  rejectedToken: string | undefined,
  request: SubjectTokenRequest,
) => Promise<SubjectToken | undefined>;

export interface CliFallbackOptions {
  readonly local: boolean;
  readonly fetch: Fetch | undefined;
  readonly clock: Clock | undefined;
}

export function createCliFallback({ local, fetch, clock }: CliFallbackOptions): CliFallback {
  return async (rejectedToken, request) => {
    if (!local || !isLaptop()) return undefined;
    // Loaded only here, so that a deployment never loads it.
    const { automaticToken } = await import('../local/automatic.js');
    return automaticToken({ fetch, clock }, rejectedToken, request);
  };
}
