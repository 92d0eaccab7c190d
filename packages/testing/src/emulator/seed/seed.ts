/** Checks a seed and applies it. It may come from a file, so nothing in it is trusted. */

import { OptionError } from '@credex/core';
import { shown } from '@credex/core/internal';
import { SECTIONS, type Check } from './sections.js';
import { isJsonObject } from '../request-content.js';
import type { SeedTarget } from './types.js';

/** One input of the seed, in the order in which they are applied. `path` is its place in the document: `aws.roles[0]`. */
export interface SeedItem {
  readonly path: string;
  readonly create: (target: SeedTarget) => unknown;
}

interface Problem {
  readonly path: string;
  readonly says: string;
}

/** An error shows at most this many problems. */
const MAX_PROBLEMS = 50;

/**
 * Checks the types of all values of a seed. Their content is checked when the seed is applied.
 * @throws OptionError `invalid_option` with every problem and its path in the document; `option` is the path of the first
 */
export function seedItems(document: unknown): readonly SeedItem[] {
  const problems: Problem[] = [];
  const items = [...itemsOf(document, problems)];
  const [first, ...more] = problems;
  if (first === undefined) return items;
  const lines = problems.map(({ path, says }) => (path === '' ? `it ${says}` : `\`${path}\` ${says}`));
  throw new OptionError(
    'invalid_option',
    optionOf(first.path),
    undefined,
    more.length === 0
      ? `\`seed\` is not valid: ${lines[0]}`
      : ['`seed` is not valid:', ...lines.slice(0, MAX_PROBLEMS).map((line) => `  ${line}`)],
  );
}

/** @throws OptionError `invalid_option` with the path of an input that a cloud would refuse, and the reason */
export function applySeed(target: SeedTarget, items: readonly SeedItem[]): void {
  for (const { path, create } of items) {
    try {
      create(target);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `\`seed\` is not valid: \`${path}\`: ${reason}`;
      throw new OptionError('invalid_option', optionOf(path), undefined, message);
    }
  }
}

const optionOf = (path: string): string => (path === '' ? 'seed' : `seed.${path}`);

const own = (object: object, name: string): unknown =>
  Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;

function* itemsOf(document: unknown, problems: Problem[]): Generator<SeedItem> {
  if (!isJsonObject(document)) return void problems.push({ path: '', says: 'must be an object' });
  unknownMembers(document, '', ['$schema', ...Object.keys(SECTIONS)], problems);
  for (const [section, lists] of Object.entries(SECTIONS)) {
    const given = own(document, section);
    if (given === undefined) continue;
    if (!isJsonObject(given)) {
      problems.push({ path: section, says: 'must be an object' });
      continue;
    }
    unknownMembers(given, section, Object.keys(lists), problems);
    for (const [name, { checks, create }] of Object.entries(lists)) {
      const path = `${section}.${name}`;
      const inputs = own(given, name) ?? [];
      if (!Array.isArray(inputs)) problems.push({ path, says: 'must be a list' });
      else
        for (const [index, input] of inputs.entries()) {
          checkInput(`${path}[${index}]`, input, checks, problems);
          yield { path: `${path}[${index}]`, create: (target) => create(target, input as never) };
        }
    }
  }
}

function checkInput(
  path: string,
  input: unknown,
  checks: Readonly<Record<string, Check>>,
  problems: Problem[],
): void {
  if (!isJsonObject(input)) return void problems.push({ path, says: 'must be an object' });
  unknownMembers(input, path, Object.keys(checks), problems);
  for (const [name, { optional, says, isValid }] of Object.entries(checks)) {
    const value = own(input, name);
    if (value === undefined ? optional : isValid(value)) continue;
    problems.push({ path: `${path}.${name}`, says: value === undefined ? 'is missing' : `must be ${says}` });
  }
}

function unknownMembers(object: object, path: string, known: readonly string[], problems: Problem[]): void {
  const before = path === '' ? '' : `${path}.`;
  for (const name of Object.keys(object))
    if (!known.includes(name))
      problems.push({
        path: `${before}${shown(name)}`,
        says: `is not known. Known are ${known.filter((one) => one !== '$schema').join(', ')}`,
      });
}
