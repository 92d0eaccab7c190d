/** The options of `loadConfig`. Types only. */

import type { Config } from './define-config.js';
import type { Source } from './config-error.js';

export interface LoadOptions {
  /** The folder that contains credex.config.{ts,mts,js,mjs,json}. Parent folders are not searched. Default: the working directory. */
  readonly directory?: string | undefined;
  /** The configuration file, relative to `directory`. Default: the one of these five that exists. */
  readonly file?: string | undefined;
  /**
   * A configuration that the program already has; only the environment variables are applied to it. Cannot be combined
   * with `directory` or `file`.
   */
  readonly config?: Config | undefined;
}

/** A configuration that was read but not checked. */
export interface Found {
  readonly raw: unknown;
  readonly source: Source;
}
