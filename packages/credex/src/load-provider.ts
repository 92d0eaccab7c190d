/** From an entry to a provider: the cloud's package is imported when a name of it is first asked for. */

import { OptionError } from '@credex/core';
import { importFailure } from './absent-package.js';
import { ConfigError } from './config-error.js';
import type { Entry } from './entries.js';
import { withLocalProfile } from './local-profile.js';
import type { AnyProvider, OpenProvider } from './provider-types.js';
import type { CredentialsSettings } from './settings.js';
import { factoryOptions } from './settings.js';

/** A provider with the entry that it was made of. */
export interface Loaded {
  readonly name: string;
  readonly entry: Entry;
  readonly provider: AnyProvider;
}

/**
 * @throws OptionError `missing_package` where the cloud's package is not installed
 * @throws ConfigError where the package refuses the entry
 */
export async function loadProvider(
  name: string,
  entry: Entry,
  settings: CredentialsSettings,
): Promise<Loaded> {
  const open = await factoryOf(name, entry);
  const options = factoryOptions(settings, entry);
  const main = accepted(name, () => open(options));
  if (entry.local === undefined) return { name, entry, provider: main };
  return { name, entry, provider: withLocalProfile({ name, entry, main, open, options }) };
}

async function factoryOf(name: string, { provider }: Entry): Promise<OpenProvider> {
  try {
    switch (provider) {
      case 'aws': {
        const { awsCredentialsProvider } = await import('@credex/aws');
        return (options) => awsCredentialsProvider(options);
      }
      case 'gcp': {
        const { gcpCredentialsProvider } = await import('@credex/gcp');
        return (options) => gcpCredentialsProvider(options);
      }
      case 'azure': {
        const { azureCredentialsProvider } = await import('@credex/azure');
        return (options) => azureCredentialsProvider(options);
      }
    }
  } catch (error) {
    return importFailure(error, `@credex/${provider}`, `credentials.${name}.provider`);
  }
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
