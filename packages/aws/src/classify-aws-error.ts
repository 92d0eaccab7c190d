/** Classifies a failure of the exchange. */

import type { PresentedToken } from '@credex/core';
import { classifyFailure } from '@credex/core/classify';
import type { ErrorClass } from '@credex/core/internal';
import { classifyHopError } from './classify-hop-error.js';
import { HINTS } from './hints.js';
import { meaningOf, otherwise, readServerError } from './sts-errors.js';
import type { AwsConfiguration, RoleChain } from './types.js';

export { SERVER_CODES } from './sts-errors.js';

/** Never throws. A hint never contains text from a server. */
export function classifyAwsError(
  error: unknown,
  presented: PresentedToken | undefined,
  configuration: AwsConfiguration & { readonly chain?: RoleChain },
): ErrorClass {
  if (configuration.chain !== undefined) return classifyHopError(error, presented, configuration.chain);
  const rules = { readServerError, meaningOf, otherwise, hints: HINTS };
  return classifyFailure(error, rules, { configuration, presented });
}
