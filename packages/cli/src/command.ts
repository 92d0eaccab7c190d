/** The interface of a command: one file in commands/, listed in program.ts. */

import type { Command } from 'commander';
import type { Io } from './io.js';
import type { Output } from './output.js';

/** The argument of a command's handler. */
export interface Context<O> {
  readonly io: Io;
  readonly output: Output;
  /** The options as commander parsed them, including the common ones (`json`, `verbose`). */
  readonly options: O;
  /** The operands, as commander parsed them. */
  readonly operands: readonly string[];
}

/**
 * Makes a handler an action of commander. Errors are reported. The returned number is the exit code: one of `EXIT`, or that of
 * the program for `exec`.
 */
export type Act = <O>(handler: (context: Context<O>) => Promise<number>) => () => Promise<void>;

export interface CommandModule {
  /** Adds options, subcommands and actions to the command; may be async. Loads nothing heavy. */
  configure(command: Command, act: Act): unknown;
}

/** The values of an option that may be repeated: for the last argument of commander's `option`. */
export const repeated = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];
