/** `#config-file` on runtimes without a file system: edge runtimes, workers, browsers. */

import { CONFIG_VARIABLE, noConfig } from './config-error.js';
import type { Found, LoadOptions } from './load-options.js';

/** @throws ConfigError always */
export function foundFile(_options: LoadOptions): Promise<Found> {
  const message = `This runtime has no files: pass the configuration to createCredentials, or set ${CONFIG_VARIABLE}.`;
  return Promise.reject(noConfig('missing_option', message));
}
