/** An entry of the configuration, made ready to give credentials. */

import type { Config, Entry, ProviderName } from '@credex/config';
import type { CredentialCall, SubjectToken, SubjectTokenSource } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import type { EntryOptions } from './entry-options.js';
import type { AnyCredentials, AnyProvider, EntrySettings } from './entry-provider.js';
import { entryProvider } from './entry-provider.js';
import type { StartedBy } from './load-configuration.js';
import { loadConfiguration } from './load-configuration.js';
import { entryTokenSource, presentedOf, tokenOfEntry } from './entry-token-source.js';
import { shown } from '../visible.js';

export interface OpenEntry {
  readonly name: string;
  readonly entry: Entry;
  readonly config: Config;
  /** Of the configuration, absolute; undefined where CREDEX_CONFIG took its place. */
  readonly file: string | undefined;
  /** By the entry's provider, which is made with the first call. @throws ConfigError, FederationError */
  getCredentials(call: Pick<CredentialCall<unknown>, 'signal'>): Promise<AnyCredentials>;
  /** The token that its cloud is shown. @throws FederationError */
  subject(): Promise<SubjectToken>;
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
  let provider: Promise<AnyProvider> | undefined;
  return {
    ...resolved,
    config,
    file,
    async getCredentials(call): Promise<AnyCredentials> {
      provider ??= entryProvider(resolved.name, resolved.entry, given);
      return (await provider).getCredentials(call);
    },
    subject: () => presentedOf(source, resolved.entry, io.signal),
  };
}

/** @throws UsageError where the entry is of another cloud than the command is for */
export function entryOf<P extends ProviderName>(
  provider: P,
  { name, entry }: Pick<OpenEntry, 'name' | 'entry'>,
  instead: string,
): Extract<Entry, { readonly provider: P }> {
  if (entry.provider === provider) return entry as Extract<Entry, { readonly provider: P }>;
  throw new UsageError(
    'invalid_argument',
    `\`${shown(name)}\` is of ${entry.provider}, not of ${provider}.`,
    {
      hint: instead,
    },
  );
}
