/** Makes the provider of an entry. The cloud's package is imported on first use. */

import type { Entry } from '@credex/config';
import type { OpenProvider } from '@credex/config/internal';
import { importFailure, openProvider } from '@credex/config/internal';
import type { AnyProvider } from './provider-types.js';
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
  const open = await factoryOf(name, entry);
  return { name, entry, provider: openProvider(name, entry, open, factoryOptions(settings, entry)) };
}

async function factoryOf(name: string, { provider }: Entry): Promise<OpenProvider<AnyProvider>> {
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
