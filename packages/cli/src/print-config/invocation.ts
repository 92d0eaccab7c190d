/** How another program is to start credex: the same from wherever it stands. */

import { resolve } from 'node:path';
import type { EntryOptions } from '../entry/entry-options.js';
import type { Io } from '../io.js';
import { isOfOneLine } from '../setup/quote.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export interface Invocation {
  readonly start: readonly string[];
  /** `--config` and what says which token is meant, with absolute paths. */
  readonly options: readonly string[];
}

export function invocationOf(
  { cwd, program = 'credex' }: Io,
  { command, config, tokenFile, local }: EntryOptions & { readonly command?: string },
): Invocation {
  // A path with a space in it is one word; what a person typed is several.
  const start = command === undefined ? [program] : command.split(' ').filter((word) => word !== '');
  if (start.length === 0)
    throw new UsageError('invalid_argument', '--command names no program.', { option: '--command' });
  const options = [
    ...(config === undefined ? [] : ['--config', resolve(cwd, config)]),
    ...(tokenFile === undefined ? [] : ['--token-file', resolve(cwd, tokenFile)]),
    ...(local === true ? ['--local'] : []),
  ];
  if (![...start, ...options].every(isOfOneLine))
    throw new UsageError('invalid_argument', 'A control character can not stand in a path or a command.', {
      hint: 'Move the file to a path without it.',
    });
  return { start, options };
}

/**
 * A command line for AWS's and Google's own readers: they know double quotes and no escape in them, and some of AWS's
 * SDKs (JavaScript, Go) leave the reading to a shell.
 * @throws UsageError for a word that they can't be given
 */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => {
      if (/^[\w./:=@,+-]+$/.test(word)) return word;
      if (!/["\\$`!%\p{Cc}]/u.test(word)) return `"${word}"`;
      throw new UsageError(
        'invalid_argument',
        `No quote, backslash, \`$\`, \`!\` or \`%\` can stand in ${shown(word)}.`,
        {
          hint: 'Move the file to a path without them.',
        },
      );
    })
    .join(' ');
}
