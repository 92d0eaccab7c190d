/**
 * One function for each language that setup writes. Names are checked against their grammar before; this is the second line of defence:
 * nothing that is quoted here ends its string early, starts an interpolation or a new line.
 */

/** A word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@,+-]+$/.test(text) ? text : `'${ofOneLine(text).replaceAll("'", `'\\''`)}'`;
}

/** A string of Terraform's language: `${` and `%{` begin templates; doubled they stand for themselves. */
export function hclString(text: string): string {
  // Which two of three signs are the pair is for Terraform's scanner to say: no name needs it.
  if (/\$\$\{|%%\{/.test(text)) throw new TypeError('A doubled template sign is never quoted.');
  return `"${ofOneLine(text)
    .replace(/["\\]/g, '\\$&')
    .replace(/[$%](?=\{)/g, '$&$&')}"`;
}

/** A string of the Common Expression Language, in single quotes. */
export const celString = (text: string): string => `'${ofOneLine(text).replace(/['\\]/g, '\\$&')}'`;

/** A string of Bicep: `${` begins an expression. */
export const bicepString = (text: string): string =>
  `'${ofOneLine(text).replace(/['\\]/g, '\\$&').replaceAll('${', '\\${')}'`;

/** Whether it holds nothing that would begin a line or move a cursor. */
export const isOfOneLine = (text: string): boolean => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text);

function ofOneLine(text: string): string {
  if (!isOfOneLine(text)) throw new TypeError('A control character is never quoted.');
  return text;
}
