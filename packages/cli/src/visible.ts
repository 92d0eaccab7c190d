/** Claims, policies and servers' words are chosen by others: what would move a cursor or hide is shown as an escape. */

import { shown, visible } from '@credex/core/internal';

export { shown, visible };

/** The text, in which each of `values` is shown as `shown` shows it. */
export function withShown(text: string, values: readonly string[]): string {
  const changed = values.filter((value) => shown(value) !== value).sort((a, b) => b.length - a.length);
  return changed.reduce((all, value) => all.replaceAll(value, () => shown(value)), text);
}

/** Several lines: newlines stay. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

/** A JSON document that a terminal can't be moved by: the same document to a parser. */
export function visibleJson(document: unknown): string {
  const lines = JSON.stringify(document, null, 2).split('\n');
  return lines
    .map((line) => (visible(line) === line ? line : Array.from(line, jsonEscape).join('')))
    .join('\n');
}

function jsonEscape(character: string): string {
  if (visible(character) === character) return character;
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
