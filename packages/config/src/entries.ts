/** The configuration as a type. */

import type { EntryOf, ProviderName } from './option-table.js';

export type Entry = EntryOf[ProviderName];

/** A configuration: plain data. */
export interface Config {
  /** The name that `get()` uses when it is called without one. Default: none; `get()` then needs a name. */
  readonly default?: string | undefined;
  /** The entries, by their names. A list has one entry for each environment, selected by `when`. */
  readonly credentials: Readonly<Record<string, Entry | readonly Entry[]>>;
}
