/** Loads the configuration of a command, if code in it may run. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@credex/config';
import type { Io } from '../io.js';
import { isOfOneLine, shellWord } from '../setup/quote.js';
import { configurationFile, isTrusted } from '../trust/trusted-files.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';
import type { EntryOptions } from './entry-options.js';
import { placeOf } from './entry-options.js';
import { environmentEntries } from './environment-entries.js';

export interface LoadedConfiguration {
  readonly config: Config;
  /** Absolute; undefined if CREDEX_CONFIG replaced the file, or the entries come from variables of each cloud. */
  readonly file: string | undefined;
}

/** Who starts the command: a person in a folder, or another program, in any directory. */
export type StartedBy = 'person' | 'tool';

/**
 * The file of `--config`, else CREDEX_CONFIG, else, for a person, the file of the working directory. In the last case code
 * runs only if the user consented to its content (`credex trust`): typing a command in a cloned or unpacked folder must
 * not run its code. JSON needs no consent. Without any of them the entries come from AWS_ROLE_ARN, GCP_* and AZURE_*, for a
 * person also from the .env files of the working directory.
 *
 * @throws UsageError `missing_argument` for a tool without `--config`; `untrusted_configuration`. ConfigError
 */
export async function loadConfiguration(
  io: Io,
  options: EntryOptions,
  startedBy: StartedBy,
): Promise<LoadedConfiguration> {
  const { loadConfig } = await import('@credex/config');
  const { directory, file } = placeOf(io, options);
  if (file !== undefined) return { config: await loadConfig({ directory, file }), file };
  if (io.env['CREDEX_CONFIG']) return { config: await loadConfig({ directory }), file: undefined };
  if (startedBy === 'tool') {
    const config = await fromEnvironment(io.env, undefined);
    if (config === undefined) throw needsConfig();
    return { config, file: undefined };
  }
  const names = (await readdir(directory).catch((): string[] => [])).filter((name) =>
    /^credex\.config\.(?:m?[jt]s|json)$/.test(name),
  );
  const [name, other] = names;
  const config = name === undefined ? await fromEnvironment(io.env, directory) : undefined;
  if (config !== undefined) return { config, file: undefined };
  // The package reports no file, and several files.
  if (name === undefined || other !== undefined)
    return { config: await loadConfig({ directory }), file: undefined };
  const found = join(directory, name);
  // Consent is to a file. If `found` is a link, the imports of the code are relative to the file, not to the link.
  const path = name.endsWith('.json') ? found : await trustedFile(io, found);
  return { config: await loadConfig({ directory, file: path }), file: path };
}

/** A single entry is the default. Undefined if no variable is set. @throws UsageError, ConfigError */
async function fromEnvironment(env: Io['env'], directory: string | undefined): Promise<Config | undefined> {
  const { credentials } = await environmentEntries(env, directory);
  const [first, ...others] = Object.keys(credentials);
  if (first === undefined) return undefined;
  const { configOf, FROM_ENVIRONMENT } = await import('@credex/config/internal');
  const raw = { credentials, ...(others.length === 0 ? { default: first } : {}) };
  return configOf({ raw, source: FROM_ENVIRONMENT });
}

/** The path, without links, of the file that the user consented to run. */
async function trustedFile(io: Io, found: string): Promise<string> {
  const file = await configurationFile(found);
  if (await isTrusted(io, file)) return file.path;
  const word = isOfOneLine(found) ? shellWord(found) : shown(found);
  throw new UsageError(
    'untrusted_configuration',
    `${shown(found)} is code that you have not consented to run. It was not run.`,
    {
      hint: `Read it, then run \`credex trust ${word}\`; after each change, again. Or pass it explicitly: --config ${word}.`,
    },
  );
}

function needsConfig(): UsageError {
  return new UsageError(
    'missing_argument',
    '--config is missing: another program starts this command, in any working directory.',
    {
      option: '--config',
      hint: 'Pass the absolute path of the configuration, as `credex print-config NAME` prints it, or set CREDEX_CONFIG, or the variables of the cloud, such as AWS_ROLE_ARN.',
    },
  );
}
