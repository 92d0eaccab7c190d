/** JSON (RFC 8259) with one reading only: a member that is named twice, or named `__proto__`, is refused. */

import { parseJson } from '@credex/core/driver';

/** Vercel nests two: the claims and `act`. */
const DEEPEST = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * `JSON.parse` takes the last of two members of one name where other parsers take the first (RFC 8259, section 4):
 * what one party checked is then not what another party reads.
 *
 * @returns an object; an array, a number or text is refused as well.
 * @throws SyntaxError
 */
export function parseStrictObject(text: string): Record<string, unknown> {
  const parsed = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new SyntaxError('it is not a JSON object');
  // Of two members of one name, however escaped and however deep, only one is held.
  if (membersWritten(text) !== membersHeld(parsed, 1)) throw new SyntaxError('it names a member twice');
  return parsed as Record<string, unknown>;
}

/** The colons outside of strings: each stands between a member's name and its value. `text` is known to be JSON. */
function membersWritten(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) count++;
  }
  return count;
}

/** @param start where its first quote stands */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before--;
  return (at - before) % 2 === 0;
}

function membersHeld(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > DEEPEST) throw new SyntaxError('it is nested too deep');
  // An own member of that name becomes the prototype where somebody copies it by assignment.
  if (Object.hasOwn(value, '__proto__')) throw new SyntaxError('it has a member named `__proto__`');
  const inner = Object.values(value);
  let count = Array.isArray(value) ? 0 : inner.length;
  for (const one of inner) count += membersHeld(one, depth + 1);
  return count;
}
