/** Opens an entry of the configuration, so that it can give credentials. */

import type { Config, ProviderName } from '@credex/config';
import type { Credential, SubjectTokenSource } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import type { Cloud, EntryOf, OpenedEntry, Provider } from '../clouds/cloud.js';
import { CLOUDS } from '../clouds/registry.js';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import type { EntryOptions } from './entry-options.js';
import type { EntrySettings } from './entry-provider.js';
import { entryProvider } from './entry-provider.js';
import type { StartedBy } from './load-configuration.js';
import { loadConfiguration } from './load-configuration.js';
import { entryTokenSource, presentedOf, tokenOfEntry } from './entry-token-source.js';
import { shown } from '../visible.js';

export interface OpenEntry extends OpenedEntry {
  readonly cloud: Cloud;
  readonly config: Config;
  /** The absolute path of the configuration; undefined if it came from CREDEX_CONFIG. */
  readonly file: string | undefined;
}

/**
 * @throws ConfigError, OptionError for an invalid configuration or name. No request is sent yet.
 */
export async function openEntry(
  io: Io,
  name: string | undefined,
  options: EntryOptions,
  settings: EntrySettings = {},
  startedBy: StartedBy = 'person',
): Promise<OpenEntry> {
  const { resolveEntry } = await import('@credex/config');
  const { config, file } = await loadConfiguration(io, options, startedBy);
  const resolved = resolveEntry(config, name);
  const source: SubjectTokenSource = entryTokenSource(io, () => tokenOfEntry(io, options));
  const given = { tokenSource: source, clock: io.clock, cache: createCredentialCache(), ...settings };
  const cloud = await CLOUDS[resolved.entry.provider]();
  let provider: Promise<Provider<Credential>> | undefined;
  return {
    ...resolved,
    cloud,
    config,
    file,
    async getCredentials(call): Promise<Credential> {
      provider ??= entryProvider(cloud, resolved.name, resolved.entry, given);
      return (await provider).getCredentials(call);
    },
    subject: () => presentedOf(source, resolved.entry, io.signal),
  };
}

/** @throws UsageError if the command is for another cloud than the entry's */
export function entryOf<P extends ProviderName>(
  provider: P,
  { name, entry }: Pick<OpenEntry, 'name' | 'entry'>,
  instead: string,
): EntryOf<P> {
  if (entry.provider === provider) return entry as EntryOf<P>;
  throw new UsageError(
    'invalid_argument',
    `\`${shown(name)}\` is an entry of ${entry.provider}; this command is for ${provider}.`,
    { hint: instead },
  );
}
