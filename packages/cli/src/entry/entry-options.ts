/** The options of every command for one entry of the configuration. */

import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Io } from '../io.js';

export interface EntryOptions {
  readonly config?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly local?: boolean | undefined;
}

/** Adds `--config`, `--token-file` and `--local`. Standard input belongs to the programs that are run. */
export const withEntryOptions = (command: Command): Command =>
  command
    .option(
      '--config <file>',
      'the configuration; the token is then searched for in its folder. Default: credex.config.* here, else AWS_ROLE_ARN, GCP_* and AZURE_*',
    )
    .option('--token-file <file>', 'the file with the Vercel token')
    .option('--local', 'get the token from Vercel with the login of the Vercel CLI');

/** Where the configuration is, and where the search for the token starts. */
export interface Place {
  readonly directory: string;
  /** Undefined: the credex.config.* of the directory. */
  readonly file: string | undefined;
}

/** A tool can start credex in any directory: with `--config`, the result does not depend on it. */
export function placeOf({ cwd }: Io, { config }: EntryOptions): Place {
  if (config === undefined) return { directory: cwd, file: undefined };
  const file = resolve(cwd, config);
  return { directory: dirname(file), file };
}
