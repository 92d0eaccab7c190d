/** Others choose claims, policies and server messages: characters that move the cursor or are invisible are escaped. */

import { shown, visible } from '@credex/core/internal';

export { shown, visible };

/** The text, with each of `values` replaced by what `shown` returns for it. */
export function withShown(text: string, values: readonly string[]): string {
  const changed = values.filter((value) => shown(value) !== value).sort((a, b) => b.length - a.length);
  return changed.reduce((all, value) => all.replaceAll(value, () => shown(value)), text);
}

/** Several lines: newlines are kept. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

/** A JSON document without control characters. A parser reads the same document. */
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
