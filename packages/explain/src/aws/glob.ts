/** IAM's patterns and policy variables, in time linear in both lengths for all that people write. */

import type { Truth } from '../truth.js';
import type { Lookup } from './request-keys.js';

const MANY = Symbol('*');
const ONE = Symbol('?');
type Token = string | typeof MANY | typeof ONE;

/** `absent`: a variable without value, which fits nothing. `unknown`: one whose value is not known offline. */
type Filled = readonly Token[] | 'absent' | 'unknown';

const PIECE = /\$\{([^}]*)\}|[^]/gu;

/**
 * Whether `text` fits `pattern`.
 *
 * @param lookup for policy variables; undefined: they are plain text (version 2008-10-17)
 */
export function fitsPattern(pattern: string, text: string, lookup: Lookup | undefined): Truth {
  const filled = fill(pattern, lookup, true);
  return typeof filled === 'string' ? ofUnfilled(filled) : matches(filled, Array.from(text));
}

/** As `fitsPattern`, `*` and `?` being plain text. */
export function fitsText(value: string, text: string, lookup: Lookup | undefined, isCased = true): Truth {
  const filled = fill(value, lookup, false);
  if (typeof filled === 'string') return ofUnfilled(filled);
  const whole = filled.join('');
  return isCased ? whole === text : whole.toLowerCase() === text.toLowerCase();
}

/** Without regard to case: names of actions. */
export const fitsName = (pattern: string, name: string): boolean =>
  fitsPattern(pattern.toLowerCase(), name.toLowerCase(), undefined) === true;

export const hasWildcard = (value: string): boolean => /[*?]/.test(value.replace(/\$\{[^}]*\}/g, ''));
export const hasVariable = (value: string): boolean => /\$\{[^}]*\}/.test(value);

const ofUnfilled = (why: 'absent' | 'unknown'): Truth => (why === 'unknown' ? undefined : false);

function fill(pattern: string, lookup: Lookup | undefined, isPattern: boolean): Filled {
  const tokens: Token[] = [];
  let missing: 'absent' | 'unknown' | undefined;
  for (const [piece, name] of pattern.matchAll(PIECE)) {
    if (name !== undefined && lookup !== undefined) {
      const value = variable(name, lookup);
      if (value === 'absent' || value === 'unknown') missing = missing === 'absent' ? 'absent' : value;
      // What came through a variable is literal: a subject named `*` fits no more than itself.
      else tokens.push(...Array.from(value.text));
    } else if (name !== undefined) tokens.push(...Array.from(piece));
    else if (isPattern && (piece === '*' || piece === '?')) tokens.push(piece === '*' ? MANY : ONE);
    else tokens.push(piece);
  }
  return missing ?? tokens;
}

/** `${key}`, `${key, 'default'}`, and the escapes `${*}`, `${?}`, `${$}`. A variable stands for one value only. */
function variable(name: string, lookup: Lookup): { readonly text: string } | 'absent' | 'unknown' {
  if (name === '*' || name === '?' || name === '$') return { text: name };
  const [, key = name, fallback] = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)')?\s*$/.exec(name) ?? [];
  const value = lookup(key);
  if (value === 'unknown') return 'unknown';
  const only = value !== 'absent' && value.length === 1 ? value[0] : fallback;
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
