/** IAM's patterns and policy variables. */

import type { Truth } from '../truth.js';
import { isMultivalued } from './request-keys.js';
import type { Lookup } from './request-keys.js';
import type { Token } from './wildcards.js';
import { MANY, matchWildcards, ONE } from './wildcards.js';

/** False: a variable has no value, so that nothing fits. Undefined: the value is not known. */
type Filled = readonly Token[] | false | undefined;

const PIECE = /\$\{([^}]*)\}|[^]/gu;

/**
 * Whether `text` fits `pattern`.
 *
 * @param lookup for policy variables; undefined: they are plain text (version 2008-10-17)
 */
export function fitsPattern(pattern: string, text: string, lookup: Lookup | undefined): Truth {
  const characters = charactersOf(text);
  const filled = fill(pattern, lookup, characters.length);
  return filled ? matchWildcards(filled, characters).fits : filled;
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
  const filled = fill(value, lookup, undefined);
  return filled ? fits(filled.join('')) : filled;
}

/** Without regard to case: names of actions. */
export const fitsName = (pattern: string, name: string): boolean =>
  fitsPattern(pattern.toLowerCase(), name.toLowerCase(), undefined) === true;

export const hasWildcard = (value: string): boolean => /[*?]/.test(value.replace(/\$\{[^}]*\}/g, ''));
export const hasVariable = (value: string): boolean => /\$\{[^}]*\}/.test(value);

/** `most`: of a pattern for a text with that many characters, which fits none with more; undefined: it is no pattern. */
function fill(pattern: string, lookup: Lookup | undefined, most: number | undefined): Filled {
  const isPattern = most !== undefined;
  const tokens: Token[] = [];
  let [isAbsent, isUnknown] = [false, false];
  let characters = 0;
  const add = (text: string): void => {
    // A variable's value may be long, and stand in a pattern many times.
    for (const character of isPattern ? text : [text]) {
      if (isPattern && characters > most) return;
      tokens.push(character);
      characters += 1;
    }
  };
  for (const [piece, name] of pattern.matchAll(PIECE)) {
    if (name !== undefined && lookup !== undefined) {
      const value = variable(name, lookup);
      isAbsent ||= value === 'absent';
      isUnknown ||= value === 'unknown';
      // The value of a variable is literal: a subject named `*` fits only itself.
      if (typeof value === 'object') add(value.text);
    } else if (isPattern && piece === '*') tokens.push(MANY);
    else if (isPattern && piece === '?') {
      tokens.push(ONE);
      characters += 1;
    } else add(piece);
  }
  if (isAbsent) return false;
  if (isUnknown) return undefined;
  return isPattern && characters > most ? false : tokens;
}

let lastText = '';
let lastCharacters: readonly string[] = [];

/** Of the last text they are kept: a policy has many patterns for one. */
function charactersOf(text: string): readonly string[] {
  if (text !== lastText) {
    lastCharacters = Array.from(text);
    lastText = text;
  }
  return lastCharacters;
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
