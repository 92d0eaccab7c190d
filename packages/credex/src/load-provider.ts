/** From an entry to a provider: the cloud's package is imported when a name of it is first asked for. */

import { OptionError } from '@credex/core';
import { optionalPackage } from '@credex/core/driver';
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
  switch (provider) {
    case 'aws': {
      const { awsCredentialsProvider } = await installed(name, '@credex/aws', () => import('@credex/aws'));
      return (options) => awsCredentialsProvider(options);
    }
    case 'gcp': {
      const { gcpCredentialsProvider } = await installed(name, '@credex/gcp', () => import('@credex/gcp'));
      return (options) => gcpCredentialsProvider(options);
    }
    case 'azure': {
      const { azureCredentialsProvider } = await installed(
        name,
        '@credex/azure',
        () => import('@credex/azure'),
      );
      return (options) => azureCredentialsProvider(options);
    }
  }
}

/** A fresh holder for each try: a package that is missing now may be there later. */
async function installed<T>(name: string, packageName: string, load: () => Promise<T>): Promise<T> {
  try {
    return await optionalPackage(packageName, load).load();
  } catch (error) {
    if (!OptionError.isInstance(error) || error.code !== 'missing_package') throw error;
    const option = `credentials.${name}.provider`;
    throw new OptionError(
      'missing_package',
      option,
      undefined,
      `\`${option}\` needs the package ${packageName}, which is not installed: run \`npm install ${packageName}\`.`,
    );
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
