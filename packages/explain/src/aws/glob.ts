/** IAM's patterns and policy variables. */

import type { Truth } from '../truth.js';
import { isMultivalued, type Lookup } from './request-keys.js';

/** Texts and patterns of `*` and `?`: a bounded number of steps, whatever the pattern. */

export const MANY: unique symbol = Symbol('*');
export const ONE: unique symbol = Symbol('?');
/** One character, or a wildcard. */
export type Token = string | typeof MANY | typeof ONE;

interface Match {
  readonly fits: boolean;
  /** How many characters were compared, or words of 32 of them. */
  readonly steps: number;
}

const WORD = 32;

/**
 * Whether the characters fit the pattern. What stands between two `*` is searched once, and each from where the one before
 * it ended: with n characters and m tokens it takes at most n·⌈m/32⌉ + n + m steps.
 */
export function matchWildcards(pattern: readonly Token[], text: readonly string[]): Match {
  const first = pattern.indexOf(MANY);
  const isFixed = first === -1;
  const prefix = isFixed ? pattern : pattern.slice(0, first);
  if (isFixed && prefix.length !== text.length) return { fits: false, steps: 0 };
  const suffix = isFixed ? [] : pattern.slice(pattern.lastIndexOf(MANY) + 1);
  const limit = text.length - suffix.length;
  if (limit < prefix.length) return { fits: false, steps: 0 };
  let steps = prefix.length + suffix.length;
  if (!isAt(prefix, text, 0) || !isAt(suffix, text, limit)) return { fits: false, steps };
  if (isFixed) return { fits: true, steps };
  let from = prefix.length;
  for (const part of partsOf(pattern.slice(first, pattern.length - suffix.length))) {
    const found = find(part, text, from, limit);
    steps += found.steps;
    if (found.end === undefined) return { fits: false, steps };
    from = found.end;
  }
  return { fits: true, steps };
}

/** The tokens between two `*`, where there are any. */
function partsOf(pattern: readonly Token[]): (readonly Token[])[] {
  const parts: Token[][] = [[]];
  for (const token of pattern) {
    if (token === MANY) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter(({ length }) => length > 0);
}

const isAt = (part: readonly Token[], text: readonly string[], at: number): boolean =>
  part.every((token, index) => token === ONE || token === text[at + index]);

/**
 * Where the part ends for the first time, between `from` and `limit`. Bit n of the state says that the first n + 1 tokens
 * fit up to the present character (the shift-and algorithm).
 */
function find(
  part: readonly Token[],
  text: readonly string[],
  from: number,
  limit: number,
): { readonly end: number | undefined; readonly steps: number } {
  const words = Math.ceil(part.length / WORD);
  const { masks, others } = masksOf(part, words);
  const state = new Uint32Array(words);
  const last = 1 << ((part.length - 1) % WORD);
  // Words after this one are 0.
  let highest = 0;
  let steps = 0;
  for (let index = from; index < limit; index++) {
    const mask = masks.get(text[index] as string) ?? others;
    let carry = 1;
    const end = Math.min(highest + 1, words - 1);
    highest = 0;
    for (let word = 0; word <= end; word++) {
      const before = state[word] as number;
      const after = ((before << 1) | carry) & (mask[word] as number);
      state[word] = after;
      carry = before >>> (WORD - 1);
      if (after !== 0) highest = word;
    }
    steps += end + 1;
    if (((state[words - 1] as number) & last) !== 0) return { end: index + 1, steps };
  }
  return { end: undefined, steps };
}

/** For each character the tokens that it fits. `others`: for a character that is no token. */
function masksOf(
  part: readonly Token[],
  words: number,
): { readonly masks: ReadonlyMap<string, Uint32Array>; readonly others: Uint32Array } {
  const others = new Uint32Array(words);
  for (const [index, token] of part.entries()) if (token === ONE) setBit(others, index);
  const masks = new Map<string, Uint32Array>();
  for (const [index, token] of part.entries()) {
    if (typeof token !== 'string') continue;
    const mask = masks.get(token) ?? others.slice();
    setBit(mask, index);
    masks.set(token, mask);
  }
  return { masks, others };
}

function setBit(mask: Uint32Array, index: number): void {
  const word = Math.floor(index / WORD);
  mask[word] = (mask[word] as number) | (1 << (index % WORD));
}

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
