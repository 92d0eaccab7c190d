/** An entry's provider, made by the package of its cloud, which is loaded for it. */

import type { AwsCredentials, AwsCredentialsProvider } from '@credex/aws';
import type { AzureCredentials, AzureCredentialsProvider } from '@credex/azure';
import type { Entry } from '@credex/config';
import type { OpenProvider } from '@credex/config/internal';
import type { SharedOptions } from '@credex/core';
import type { GcpCredentials, GcpCredentialsProvider } from '@credex/gcp';

export type AnyCredentials = AwsCredentials | AzureCredentials | GcpCredentials;
export type AnyProvider = AwsCredentialsProvider | AzureCredentialsProvider | GcpCredentialsProvider;

/** What the command line gives to the factory of any cloud. The entry's own options come first. */
export type EntrySettings = Pick<SharedOptions, 'tokenSource' | 'clock' | 'cache' | 'fetch' | 'onEvent'>;

/**
 * Sends nothing.
 * @throws ConfigError where the cloud's package refuses the entry
 */
export async function entryProvider(
  name: string,
  entry: Entry,
  settings: EntrySettings,
): Promise<AnyProvider> {
  const { openProvider, optionsOf } = await import('@credex/config/internal');
  const open = await factoryOf(entry);
  return openProvider(name, entry, open, { ...settings, ...optionsOf(entry) });
}

async function factoryOf({ provider }: Entry): Promise<OpenProvider<AnyProvider>> {
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
}
