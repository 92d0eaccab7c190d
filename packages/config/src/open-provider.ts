/** From an entry to a provider, by the factory of its cloud, which is passed in: no cloud is known here. */

import { OptionError } from '@credex/core';
import { ConfigError } from './config-error.js';
import type { Entry } from './entries.js';
import type { PortableProvider } from './local-profile.js';
import { withLocalProfile } from './local-profile.js';

/** Makes a provider of one cloud. The options were checked against the table; the factory checks them again. */
export type OpenProvider<P> = (options: Readonly<Record<string, unknown>>) => P;

/** What of an entry is an option of its cloud's factory. */
export function optionsOf(entry: Entry): Readonly<Record<string, unknown>> {
  const { provider: _provider, when: _when, local: _local, origins: _origins, ...options } = entry;
  return options;
}

/**
 * @param options What the factory is given: settings, and over them the entry's own (`optionsOf`).
 * @throws ConfigError where the factory refuses the options
 */
export function openProvider<P extends PortableProvider>(
  name: string,
  entry: Entry,
  open: OpenProvider<P>,
  options: Readonly<Record<string, unknown>>,
): P {
  const main = accepted(name, () => open(options));
  return entry.local === undefined ? main : withLocalProfile({ name, entry, main, open, options });
}

/** The factory knows options that bear on each other; its word is given the key that a reader looks for. */
function accepted<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!OptionError.isInstance(error)) throw error;
    const path = `credentials.${name}.${error.option}`;
    throw new ConfigError('the configuration', [
      {
        code: error.code,
        path,
        message: `\`${path}\`: ${error.message}`,
        environmentVariable: error.environmentVariable,
      },
    ]);
  }
}
