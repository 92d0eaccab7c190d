/** What a command is: one file in commands/, listed in program.ts. */

import type { Command } from 'commander';
import type { Io } from './io.js';
import type { Output } from './output.js';

/** What a command's handler is given. */
export interface Context<O> {
  readonly io: Io;
  readonly output: Output;
  /** The options as commander parsed them, the common ones (`json`, `verbose`) included. */
  readonly options: O;
  /** The operands, as commander parsed them. */
  readonly operands: readonly string[];
}

/**
 * Makes a handler an action of commander's; what it throws is reported, what it returns is the exit code: one of `EXIT`,
 * but for `exec`, whose child has its own.
 */
export type Act = <O>(handler: (context: Context<O>) => Promise<number>) => () => Promise<void>;

export interface CommandModule {
  /** Adds options, subcommands and actions to the command; may be async. Loads nothing heavy. */
  configure(command: Command, act: Act): unknown;
}
