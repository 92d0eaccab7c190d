/** `#config-file` where there are no files: edge runtimes, workers, browsers. */

import { WHOLE } from './apply-environment.js';
import { ConfigError } from './config-error.js';
import type { Found, LoadOptions } from './load-options.js';

/** @throws ConfigError always */
export function foundFile(_options: LoadOptions): Promise<Found> {
  const message = `This runtime has no files: pass the configuration to createCredentials, or set ${WHOLE}.`;
  return Promise.reject(
    new ConfigError('credex', [
      { code: 'missing_option', path: 'config', message, environmentVariable: WHOLE },
    ]),
  );
}
