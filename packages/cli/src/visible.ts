/** Claims, policies and servers' words are chosen by others: what would move a cursor or hide is shown as an escape. */

/** Controls, formats (the turns of direction among them), halves of surrogate pairs, separators, blank letters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]|(?! )\p{Zs}/gu;

const escaped = (character: string): string => {
  const code = (character.codePointAt(0) as number).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
};

/** One line; a newline is an escape too. */
export const visible = (text: string): string => text.replace(UNSEEN, escaped);

/** Several lines: newlines stay. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

/** A JSON document that a terminal can't be moved by: the same document to a parser. */
export function visibleJson(document: unknown): string {
  return JSON.stringify(document, null, 2).replace(UNSEEN, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}
