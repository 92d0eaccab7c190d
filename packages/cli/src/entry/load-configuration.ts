/** The configuration that a command works with, and whether code in it may run. */

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

export interface LoadedConfiguration {
  readonly config: Config;
  /** Absolute; undefined where CREDEX_CONFIG took the file's place. */
  readonly file: string | undefined;
}

/** Who starts the command: a person in a folder, or another program, wherever it stands. */
export type StartedBy = 'person' | 'tool';

/**
 * With `--config` the file that is named. Else CREDEX_CONFIG; else, for a person, the file of the working directory:
 * JSON as it is, code only where the user agreed to this very content (`credex trust`). A folder that was cloned or
 * unpacked must not run code because a command was typed in it.
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
  if (startedBy === 'tool') throw needsConfig();
  const names = (await readdir(directory).catch((): string[] => [])).filter((name) =>
    /^credex\.config\.(?:m?[jt]s|json)$/.test(name),
  );
  const [name, other] = names;
  // None, or several: told by the package.
  if (name === undefined || other !== undefined)
    return { config: await loadConfig({ directory }), file: undefined };
  const found = join(directory, name);
  if (!name.endsWith('.json')) await assertTrusted(io, found);
  return { config: await loadConfig({ directory, file: found }), file: found };
}

async function assertTrusted(io: Io, found: string): Promise<void> {
  const file = await configurationFile(found);
  if (await isTrusted(io, file)) return;
  const word = isOfOneLine(found) ? shellWord(found) : shown(found);
  throw new UsageError(
    'untrusted_configuration',
    `${shown(found)} is code, and you have not agreed to run this content of it. It was not run.`,
    {
      hint: `Read it, then run \`credex trust ${word}\`, once for each content. Or name it in the command: --config ${word}.`,
    },
  );
}

function needsConfig(): UsageError {
  return new UsageError(
    'missing_argument',
    '--config is missing: another program starts this command, in whichever folder that program stands.',
    {
      option: '--config',
      hint: 'Name the configuration by an absolute path, as `credex print-config NAME` prints it, or set CREDEX_CONFIG.',
    },
  );
}
