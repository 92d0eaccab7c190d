/** Checks of options in public functions: each error names the option, its environment variable and what to do. */

import type { Clock } from '../contract.js';
import { OptionError } from '../errors.js';
import { inheritedName, memberOf, ownCopy } from '../own.js';
import { shown as shownName, visible } from '../visible.js';
import { environmentVariable } from '../runtime/environment.js';

/** How an option is called in code and in the environment. */
export interface OptionName {
  readonly option: string;
  readonly environmentVariable?: string | readonly string[] | undefined;
}

export interface Grammar {
  readonly pattern: RegExp;
  /** What the pattern asks for, in words: completes "must be …". */
  readonly says: string;
}

/** The option's value, or its environment variable's; `undefined` where neither is set. */
export function optionalString(name: OptionName, value: unknown, grammar?: Grammar): string | undefined {
  const found = value === undefined ? fromEnvironment(name) : value;
  return found === undefined ? undefined : checkedString(name, found, grammar);
}

/** As `optionalString`, and an error where neither is set. */
export function requiredString(name: OptionName, value: unknown, grammar?: Grammar): string {
  const found = optionalString(name, value, grammar);
  if (found !== undefined) return found;
  const variable = firstVariable(name);
  const otherwise =
    variable === undefined ? '' : `, or set the environment variable ${variables(name).join(' or ')}`;
  throw new OptionError(
    'missing_option',
    name.option,
    variable,
    `\`${name.option}\` is missing: pass it${otherwise}.${grammar === undefined ? '' : ` It must be ${grammar.says}.`}`,
  );
}

/** A whole number from `min` to `max`, both included; `undefined` passes. */
export function optionalInteger(
  name: OptionName,
  value: unknown,
  min: number,
  max: number,
): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidOption(name, `a whole number from ${min} to ${max}`, value);
}

export function optionalBoolean(name: OptionName, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidOption(name, 'true or false', value);
}

/** A list of strings; a single string is split on white space, as OAuth scopes are written. */
export function optionalStringList(
  name: OptionName,
  value: unknown,
  grammar?: Grammar,
): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const list: unknown = typeof value === 'string' ? value.split(/\s+/).filter((part) => part !== '') : value;
  if (!Array.isArray(list) || list.length === 0)
    throw invalidOption(name, 'a list of strings with at least one', value);
  return list.map((item: unknown) => checkedString(name, item, grammar));
}

export function optionalFunction<F>(name: OptionName, value: F | undefined): F | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw invalidOption(name, 'a function', value);
}

export function optionalClock(value: Clock | undefined): Clock | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null) {
    const [now, monotonic, timer] = (['now', 'monotonic', 'setTimeout'] as const).map((name) =>
      memberOf(value, name),
    );
    if (typeof now === 'function' && typeof monotonic === 'function' && (timer ?? now) instanceof Function)
      return value;
  }
  throw invalidOption({ option: 'clock' }, 'an object with the functions now and monotonic', value);
}

/** The error for a value that breaks its grammar. The value itself is shown only where it is short and plain. */
export function invalidOption(name: OptionName, says: string, value: unknown): OptionError {
  const variable = firstVariable(name);
  const from = variable === undefined ? '' : ` (${variables(name).join(' or ')})`;
  return new OptionError(
    'invalid_option',
    name.option,
    variable,
    `\`${shownName(name.option)}\`${from} must be ${says}; it is ${shown(value)}.`,
  );
}

/**
 * The caller's own options, read once, as an object that inherits nothing. Each public function reads this copy and
 * never the object that it was given.
 * @throws OptionError for an unknown name, which would otherwise be ignored silently, and for an option that the object
 *   inherits from a class
 * @param replacements For names of other libraries: what to write here, as a sentence.
 */
export function ownOptions<O extends object>(
  factory: string,
  options: O,
  known: readonly string[],
  replacements: Readonly<Record<string, string>> = {},
): O {
  const own = ownMembers(factory, options, known);
  for (const option of Object.keys(own))
    if (!known.includes(option))
      throw unknownOption(
        factory,
        option,
        known,
        Object.hasOwn(replacements, option) ? ` ${replacements[option]}` : undefined,
      );
  return own;
}

/** The error for a name that `factory` does not know. Without a `hint` it proposes the known name that is nearest. */
export function unknownOption(
  factory: string,
  option: string,
  known: readonly string[],
  hint: string = didYouMean(option, known),
  path = '',
): OptionError {
  const named = isShowable(option) ? `\`${visible(path + option)}\`` : `of ${option.length} characters`;
  return new OptionError(
    'invalid_option',
    path + option,
    undefined,
    `${factory} knows no option ${named}.${hint} It knows ${known.join(', ')}.`,
  );
}

/**
 * As `ownOptions`, for arguments that may have members which credex does not know.
 * @throws OptionError where it is no object, or inherits one of `known` from a class
 */
export function ownMembers<O extends object>(
  factory: string,
  options: O,
  known: readonly string[],
  argument = 'options',
): O {
  if (typeof options !== 'object' || options === null)
    throw invalidOption({ option: argument }, 'an object', options);
  const inherited = inheritedName(options, known);
  if (inherited === undefined) return ownCopy(options);
  throw new OptionError(
    'invalid_option',
    inherited,
    undefined,
    `${factory} reads own properties only, and \`${inherited}\` is inherited from the class or the prototype of ` +
      `\`${argument}\`: pass a plain object, such as \`{ ${inherited}: value.${inherited} }\`.`,
  );
}

function fromEnvironment(name: OptionName): string | undefined {
  for (const variable of variables(name)) {
    const value = environmentVariable(variable);
    if (value !== undefined) return value;
  }
  return undefined;
}

function checkedString(name: OptionName, value: unknown, grammar: Grammar | undefined): string {
  if (typeof value !== 'string') throw invalidOption(name, grammar?.says ?? 'a string', value);
  if (value === '') throw invalidOption(name, grammar?.says ?? 'a string that is not empty', value);
  if (grammar !== undefined && !grammar.pattern.test(value)) throw invalidOption(name, grammar.says, value);
  return value;
}

function variables(name: OptionName): readonly string[] {
  const variable = Object.hasOwn(name, 'environmentVariable') ? name.environmentVariable : undefined;
  if (variable === undefined) return [];
  return typeof variable === 'string' ? [variable] : variable;
}

function firstVariable(name: OptionName): string | undefined {
  return variables(name)[0];
}

function shown(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
  if (value === '') return 'empty';
  return isShowable(value) ? visible(JSON.stringify(value)) : `a string of ${value.length} characters`;
}

/** What may be a secret: long runs, what tokens and keys begin with, a password in a URL or behind its name. */
const SECRET =
  /(?=[a-z]*\d)[a-z\d]{20}|[\w+/~-]{32}|eyJ|ya29\.|GOCSPX-|A[KS]IA[A-Z\d]{12}|\dQ~|:\/\/.*@|(?:token|secret|key|password|assertion)["']?[=:]|bearer |basic /i;

/** A secret pasted into the wrong option must not be printed back. */
function isShowable(value: string): boolean {
  return value.length <= 64 && !SECRET.test(value);
}

/** ` Did you mean …?` with a name at most two edits away (one for names under six letters); empty if none is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  if (given.length > 64) return '';
  for (let edits = 0; edits <= 2; edits += 1)
    for (const name of known)
      if (
        edits < name.length &&
        edits <= Math.max(1, name.length / 3) &&
        isWithin(edits, given.toLowerCase(), name.toLowerCase())
      )
        return ` Did you mean \`${name}\`?`;
  return '';
}

/** Whether so many edits (a letter more, less, another, or two swapped) make one word of the other. */
function isWithin(edits: number, one: string, other: string): boolean {
  if (one === other) return true;
  if (edits === 0) return false;
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const after = (skipped: number, skippedOther: number): boolean =>
    isWithin(edits - 1, one.slice(same + skipped), other.slice(same + skippedOther));
  return (
    after(1, 1) ||
    after(1, 0) ||
    after(0, 1) ||
    (one[same] === other[same + 1] && one[same + 1] === other[same] && after(2, 2))
  );
}

/**
 * For functions that take either a provider as `credentials`, or the options of one.
 * @param options What was given; `credentials` itself may be among it.
 * @param allowed What can be combined with `credentials`.
 * @throws OptionError `conflicting_options` for any other option
 */
export function refuseWithCredentials(options: object, allowed: readonly string[]): void {
  const isUnused = ([name, value]: [string, unknown]): boolean =>
    value !== undefined && name !== 'credentials' && !allowed.includes(name);
  const unused = Object.entries(options).find(isUnused)?.[0];
  if (unused === undefined) return;
  throw new OptionError(
    'conflicting_options',
    unused,
    undefined,
    `\`${unused}\` cannot be combined with \`credentials\`: set it on the provider that you pass.`,
  );
}
