/**
 * Names, claims, variables and what servers say are chosen by others. What moves a cursor, hides, or turns the direction
 * of a text is shown as an escape, so that a terminal and a log show what is there.
 */

/** Runs of controls, formats (the turns of direction among them), halves of surrogate pairs, odd spaces, blank letters. */
const UNSEEN = /(?:(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Z}\u115f\u1160\u2800\u3164\uffa0])+/gu;

const escaped = (character: string): string => {
  const code = (character.codePointAt(0) as number).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
};

/** The whole text on one line; a newline is an escape too. */
export const visible = (text: string): string =>
  text.replace(UNSEEN, (run) => Array.from(run, escaped).join(''));

/** At most `keep` characters of the text on one line, and `…` where it is longer. */
export function oneLine(text: string, keep: number): string {
  const line = visible(text.slice(0, keep + 1));
  // Not within an escape, and not between the halves of a surrogate pair.
  const partial = /\\[xu]?\{?[0-9a-f]*$|[\ud800-\udbff]$/;
  return line.length > keep ? `${line.slice(0, keep).replace(partial, '')}…` : line;
}

/** Longest value of others, such as a path, an argument or a claim, that a message quotes. */
const LONGEST_VALUE = 256;

/** A value of others in a message: escaped, and cut at 256 characters. */
export const shown = (value: string): string => oneLine(value, LONGEST_VALUE);

/** What cannot be seen is removed; controls, line breaks and odd spaces become one space. */
export const withoutUnseen = (text: string): string =>
  text.replace(UNSEEN, (run) => (/[\p{Cc}\p{Z}]/u.test(run) ? ' ' : ''));
