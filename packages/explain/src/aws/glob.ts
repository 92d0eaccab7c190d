/** IAM's patterns and policy variables, in time linear in both lengths for all that people write. */

import type { Truth } from '../truth.js';
import { isMultivalued } from './request-keys.js';
import type { Lookup } from './request-keys.js';

const MANY = Symbol('*');
const ONE = Symbol('?');
type Token = string | typeof MANY | typeof ONE;

/** False: a variable has no value, so that nothing fits. Undefined: the value is not known. */
type Filled = readonly Token[] | false | undefined;

const PIECE = /\$\{([^}]*)\}|[^]/gu;

/**
 * Whether `text` fits `pattern`.
 *
 * @param lookup for policy variables; undefined: they are plain text (version 2008-10-17)
 */
export function fitsPattern(pattern: string, text: string, lookup: Lookup | undefined): Truth {
  const filled = fill(pattern, lookup, true);
  return filled ? matches(filled, Array.from(text)) : filled;
}

/** As `fitsPattern`, `*` and `?` being plain text. */
export const fitsText = (value: string, text: string, lookup: Lookup | undefined): Truth =>
  fitsFilled(value, lookup, (filled) => filled === text);

/** Whether the value fits once its variables are filled in; `*` and `?` are plain text. */
export function fitsFilled(
  value: string,
  lookup: Lookup | undefined,
  fits: (filled: string) => boolean,
): Truth {
  const filled = fill(value, lookup, false);
  return filled ? fits(filled.join('')) : filled;
}

/** Without regard to case: names of actions. */
export const fitsName = (pattern: string, name: string): boolean =>
  fitsPattern(pattern.toLowerCase(), name.toLowerCase(), undefined) === true;

export const hasWildcard = (value: string): boolean => /[*?]/.test(value.replace(/\$\{[^}]*\}/g, ''));
export const hasVariable = (value: string): boolean => /\$\{[^}]*\}/.test(value);

function fill(pattern: string, lookup: Lookup | undefined, isPattern: boolean): Filled {
  const tokens: Token[] = [];
  let [isAbsent, isUnknown] = [false, false];
  for (const [piece, name] of pattern.matchAll(PIECE)) {
    if (name !== undefined && lookup !== undefined) {
      const value = variable(name, lookup);
      isAbsent ||= value === 'absent';
      isUnknown ||= value === 'unknown';
      // The value of a variable is literal: a subject named `*` fits only itself.
      if (typeof value === 'object') for (const character of value.text) tokens.push(character);
    } else if (name !== undefined) for (const character of piece) tokens.push(character);
    else if (isPattern && (piece === '*' || piece === '?')) tokens.push(piece === '*' ? MANY : ONE);
    else tokens.push(piece);
  }
  return isAbsent ? false : isUnknown ? undefined : tokens;
}

/** `${key}`, `${key, 'default'}`, and the escapes `${*}`, `${?}`, `${$}`. A key that may have several values gives none. */
function variable(name: string, lookup: Lookup): { readonly text: string } | 'absent' | 'unknown' {
  if (name === '*' || name === '?' || name === '$') return { text: name };
  const [, key = name, fallback] = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)')?\s*$/.exec(name) ?? [];
  const value = lookup(key);
  if (value === 'unknown') return 'unknown';
  const only = value !== 'absent' && !isMultivalued(key, value) ? value[0] : fallback;
  return only === undefined ? 'absent' : { text: only };
}

/** Two pointers, and one place to come back to: the last `*`. */
function matches(pattern: readonly Token[], text: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < text.length;) {
    const token = pattern[at];
    if (token === MANY) {
      star = at;
      at += 1;
      resume = index;
    } else if (token === ONE || (token !== undefined && token === text[index])) {
      at += 1;
      index += 1;
    } else if (star !== -1) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  return pattern.slice(at).every((token) => token === MANY);
}
