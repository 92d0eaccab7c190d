/** Makes the provider of an entry. The cloud's package is imported on first use. */

import type { Entry } from '@credex/config';
import { importFailure, openProvider } from '@credex/config/internal';
import type { AnyProvider } from './clouds/clouds.js';
import { CLOUDS } from './clouds/clouds.js';
import type { CredentialsSettings } from './settings.js';
import { factoryOptions } from './settings.js';

/** A provider and the entry that it was made from. */
export interface Loaded {
  readonly name: string;
  readonly entry: Entry;
  readonly provider: AnyProvider;
}

/**
 * @throws OptionError `missing_package` if the cloud's package is not installed
 * @throws ConfigError if the package refuses the entry
 */
export async function loadProvider(
  name: string,
  entry: Entry,
  settings: CredentialsSettings,
): Promise<Loaded> {
  const failed = (error: unknown): Promise<never> =>
    importFailure(error, `@credex/${entry.provider}`, `credentials.${name}.provider`);
  const open = await CLOUDS[entry.provider].factory(failed);
  return { name, entry, provider: openProvider(name, entry, open, factoryOptions(settings, entry)) };
}
