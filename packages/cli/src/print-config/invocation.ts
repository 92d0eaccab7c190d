/** How another program starts credex, from any working directory, and what that program has to be told. */

import { resolve } from 'node:path';
import type { EntryOptions } from '../entry/entry-options.js';
import type { Io } from '../io.js';
import { isOfOneLine } from '../setup/quote.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export interface Invocation {
  readonly start: readonly string[];
  /** `--config` and the options that select the token, with absolute paths. */
  readonly options: readonly string[];
}

/** The configuration of one tool. */
export interface ToolConfig {
  readonly text: string;
  /** Where the text goes. */
  readonly goes: string;
  readonly notes?: readonly string[];
}

export function invocationOf(
  { cwd, program = 'credex' }: Io,
  { command, config, tokenFile, local }: EntryOptions & { readonly command?: string },
): Invocation {
  // The program's own path may contain a space; what a person typed is several words.
  const start = command === undefined ? [program] : command.split(' ').filter((word) => word !== '');
  if (start.length === 0)
    throw new UsageError('invalid_argument', '--command is empty: name the program that starts credex.', {
      option: '--command',
    });
  const options = [
    ...(config === undefined ? [] : ['--config', resolve(cwd, config)]),
    ...(tokenFile === undefined ? [] : ['--token-file', resolve(cwd, tokenFile)]),
    ...(local === true ? ['--local'] : []),
  ];
  if (![...start, ...options].every(isOfOneLine))
    throw new UsageError('invalid_argument', 'A path or a command must not contain a control character.', {
      hint: 'Move the file to a path without one.',
    });
  return { start, options };
}

/** The words of a command line that calls one of credex's commands for an entry. */
export const called = (command: string, name: string, { start, options }: Invocation): readonly string[] => [
  ...start,
  command,
  name,
  ...options,
];

export const configNote = ({ options }: Invocation): readonly string[] =>
  options.includes('--config')
    ? []
    : [
        'The configuration is not in a file: set CREDEX_CONFIG, or the variables that were used here (AWS_ROLE_ARN, …), in the environment of the tool.',
      ];

/**
 * A command line for the parsers of AWS and Google. They accept double quotes without an escape character, and some of
 * AWS's SDKs (JavaScript, Go) pass the line to a shell.
 * @throws UsageError for a word that cannot be written for both
 */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => {
      if (/^[\w./:=@,+-]+$/.test(word)) return word;
      if (!/["\\$`!%\p{Cc}]/u.test(word)) return `"${word}"`;
      throw new UsageError(
        'invalid_argument',
        `${shown(word)} must not contain a quote, a backslash, \`$\`, \`!\`, \`%\` or a backtick: the tools cannot read it.`,
        { hint: 'Move the file to a path without them.' },
      );
    })
    .join(' ');
}
