/** A command as it is pasted into a shell: one option a line. */

import { shellWord } from './quote.js';

/** A piece of our own that the shell is to read, such as `"$APP_ID"`. */
export interface ShellText {
  readonly shell: string;
}
export type Word = string | ShellText;

const written = (word: Word): string => (typeof word === 'string' ? shellWord(word) : word.shell);

/** `start`: the program and its subcommands; `options`: names without dashes, in order. */
export function shellCommand(start: readonly Word[], options: Readonly<Record<string, Word>>): string {
  const lines = Object.entries(options).map(([name, value]) => `--${name} ${written(value)}`);
  return [start.map(written).join(' '), ...lines].join(' \\\n  ');
}
