/** Parses unambiguous JSON (RFC 8259): refuses duplicate members and members named `__proto__`. */

import { parseJson } from '@credex/core/internal';

/** Vercel uses two levels: the claims and `act`. */
const MAX_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Of two members with the same name, `JSON.parse` uses the last, other parsers use the first (RFC 8259, section 4). One
 * party could check a value that another party does not see.
 *
 * @returns an object; arrays, numbers and strings are refused.
 * @throws SyntaxError
 */
export function parseStrictObject(text: string): Record<string, unknown> {
  const parsed = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new SyntaxError('it is not a JSON object');
  // The parsed value has only one of two members with the same name, at any depth and however it is escaped.
  if (membersWritten(text) !== parsedMembers(parsed, 1)) throw new SyntaxError('it has a duplicate member');
  return parsed as Record<string, unknown>;
}

/** Counts the colons outside strings: one for each member. `text` must be valid JSON. */
function membersWritten(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) count++;
  }
  return count;
}

/** @param start the position of the opening quote */
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

function parsedMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) throw new SyntaxError('it is nested too deep');
  // Copying an own member of this name by assignment would set the prototype.
  if (Object.hasOwn(value, '__proto__')) throw new SyntaxError('it has a member named `__proto__`');
  const inner = Object.values(value);
  let count = Array.isArray(value) ? 0 : inner.length;
  for (const one of inner) count += parsedMembers(one, depth + 1);
  return count;
}
