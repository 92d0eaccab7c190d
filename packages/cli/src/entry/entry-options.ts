/** The options of every command that speaks of one entry of the configuration. */

import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Io } from '../io.js';

export interface EntryOptions {
  readonly config?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly local?: boolean | undefined;
}

/** Adds NAME, `--config`, `--token-file` and `--local`. Standard input is left to the programs that are run. */
export const withEntryOptions = (command: Command): Command =>
  command
    .option(
      '--config <file>',
      'the configuration; its folder is then where the token is looked for. Default: credex.config.* here',
    )
    .option('--token-file <file>', 'the file that holds the Vercel token')
    .option('--local', 'take the token of this laptop, renewed by the login of the Vercel CLI: asks Vercel');

/** Where the configuration is, and from where the token's places are looked at. */
export interface Place {
  readonly directory: string;
  /** Undefined: whichever credex.config.* is there. */
  readonly file: string | undefined;
}

/** A tool that starts credex may stand anywhere: with `--config` nothing depends on where. */
export function placeOf({ cwd }: Io, { config }: EntryOptions): Place {
  if (config === undefined) return { directory: cwd, file: undefined };
  const file = resolve(cwd, config);
  return { directory: dirname(file), file };
}
