/** Where `loadConfig` looks. Types only. */

import type { Config } from './entries.js';
import type { Source } from './source.js';

export interface LoadOptions {
  /** Where credex.config.{ts,mts,js,mjs,json} is looked for; not above it. Default: the working directory. */
  readonly directory?: string | undefined;
  /** This very file instead, relative to `directory`. Default: whichever of the five is there. */
  readonly file?: string | undefined;
  /** A configuration that the program has already: only the environment is laid over it. Not with the other two. */
  readonly config?: Config | undefined;
}

/** What was read and not checked yet. */
export interface Found {
  readonly raw: unknown;
  readonly source: Source;
}
