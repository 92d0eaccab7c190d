/** Makes the provider of an entry, by the package of its cloud. */

import type { Entry } from '@credex/config';
import type { Credential, SharedOptions } from '@credex/core';
import type { Cloud, Provider } from '../clouds/cloud.js';

/** The options that the command line passes to the factory of any cloud. The entry's own options override them. */
export type EntrySettings = Pick<
  SharedOptions,
  'tokenSource' | 'clock' | 'cache' | 'fetch' | 'onEvent' | 'store'
>;

/**
 * Sends no request.
 * @throws ConfigError if the cloud's package refuses the entry
 */
export async function entryProvider(
  cloud: Cloud,
  name: string,
  entry: Entry,
  settings: EntrySettings,
): Promise<Provider<Credential>> {
  const { openProvider, optionsOf } = await import('@credex/config/internal');
  return openProvider(name, entry, await cloud.factory(), { ...settings, ...optionsOf(entry) });
}
