/**
 * One function for each language that setup writes. Names are checked against their grammar before. This is the second check:
 * a quoted value cannot end its string, start an interpolation or start a new line.
 */

/** A word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@,+-]+$/.test(text) ? text : `'${ofOneLine(text).replaceAll("'", `'\\''`)}'`;
}

/** A string of Terraform's language: `${` and `%{` begin templates; doubled they stand for themselves. */
export function hclString(text: string): string {
  // Terraform's scanner decides which two of three signs are a pair. No name needs them.
  if (/\$\$\{|%%\{/.test(text)) throw new TypeError('A doubled template sign cannot be quoted.');
  return `"${ofOneLine(text)
    .replace(/["\\]/g, '\\$&')
    .replace(/[$%](?=\{)/g, '$&$&')}"`;
}

/** A string of the Common Expression Language, in single quotes. */
export const celString = (text: string): string => `'${ofOneLine(text).replace(/['\\]/g, '\\$&')}'`;

/** A string of Bicep: `${` begins an expression. */
export const bicepString = (text: string): string =>
  `'${ofOneLine(text).replace(/['\\]/g, '\\$&').replaceAll('${', '\\${')}'`;

/** Whether the text contains no character that starts a line or moves a cursor. */
export const isOfOneLine = (text: string): boolean => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);

function ofOneLine(text: string): string {
  if (!isOfOneLine(text)) throw new TypeError('A control character cannot be quoted.');
  return text;
}

/** Text of credex that the shell evaluates, such as `"$APP_ID"`. */
export interface ShellText {
  readonly shell: string;
}
export type Word = string | ShellText;

const written = (word: Word): string => (typeof word === 'string' ? shellWord(word) : word.shell);

/**
 * A command to paste into a shell, with one option on each line.
 * @param start the program and its subcommands
 * @param options names without dashes, in order
 */
export function shellCommand(start: readonly Word[], options: Readonly<Record<string, Word>>): string {
  const lines = Object.entries(options).map(([name, value]) => `--${name} ${written(value)}`);
  return [start.map(written).join(' '), ...lines].join(' \\\n  ');
}
