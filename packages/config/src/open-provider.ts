/** Makes the provider of an entry. The cloud's factory is passed in, so this package depends on no cloud. */

import { OptionError } from '@credex/core';
import { ConfigError } from './config-error.js';
import type { Entry } from './entries.js';
import type { PortableProvider } from './local-profile.js';
import { withLocalProfile } from './local-profile.js';

/** Makes a provider of one cloud. The options were checked against the table; the factory checks them as well. */
export type OpenProvider<P> = (options: Readonly<Record<string, unknown>>) => P;

/** The options of an entry that its cloud's factory takes. */
export function optionsOf(entry: Entry): Readonly<Record<string, unknown>> {
  const { provider: _provider, when: _when, local: _local, origins: _origins, ...options } = entry;
  return options;
}

/**
 * @param options The options of the factory: the settings, overridden by those of the entry (`optionsOf`).
 * @throws ConfigError if the factory refuses the options
 */
export function openProvider<P extends PortableProvider>(
  name: string,
  entry: Entry,
  open: OpenProvider<P>,
  options: Readonly<Record<string, unknown>>,
): P {
  const main = withKey(name, () => open(options));
  return entry.local === undefined ? main : withLocalProfile({ name, entry, main, open, options });
}

/** Adds the configuration key to an error of the factory, which also checks combinations of options. */
function withKey<T>(name: string, make: () => T): T {
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
