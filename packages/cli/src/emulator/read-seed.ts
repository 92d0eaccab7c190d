/** The JSON file that says what the emulator's clouds trust, read as untrusted: every problem at once, each with its key. */

import { isObject, member } from '@credex/explain/internal';
import { readPolicyFile } from '../explain/read-policy-file.js';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import type { Kind, Shape } from './seed-shape.js';
import { SHAPES } from './seed-shape.js';
import { shown } from '../visible.js';

/** One item of a list, checked against its shape: `path` is `aws.roles[0]`. */
export interface SeedItem {
  readonly path: string;
  readonly list: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** In the order of `SHAPES`. */
export type Seed = readonly SeedItem[];

/** Of a seed's problems, so many are told. */
const MOST_LINES = 50;

/** @throws UsageError `unreadable_file`, `invalid_argument` */
export async function readSeed(io: Io, file: string): Promise<Seed> {
  const text = await readPolicyFile(io, '--seed', file);
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw wrong(file, [`it is not JSON (${shown((cause as Error).message)})`]);
  }
  const problems: string[] = [];
  const seed = [...itemsOf(document, problems)];
  if (problems.length > 0) throw wrong(file, problems);
  return seed;
}

function wrong(file: string, problems: readonly string[]): UsageError {
  const [first = '', ...more] = problems;
  const place = `The seed ${shown(file)} does not hold:`;
  const lines =
    more.length === 0 ? [`${place} ${first}`] : [place, ...problems.map((problem) => `  ${problem}`)];
  return new UsageError('invalid_argument', lines.slice(0, MOST_LINES), {
    option: '--seed',
    hint: 'node_modules/@credex/cli/emulator-seed.example.json is one that holds.',
  });
}

function* itemsOf(document: unknown, problems: string[]): Generator<SeedItem> {
  if (!isObject(document)) return void problems.push('it must be an object');
  unknown(document, Object.keys(SHAPES), '', problems);
  for (const [section, lists] of Object.entries(SHAPES)) {
    const given = member(document, section);
    if (given === undefined) continue;
    if (!isObject(given)) {
      problems.push(`\`${section}\` must be an object`);
      continue;
    }
    unknown(given, Object.keys(lists), `${section}.`, problems);
    for (const [list, shape] of Object.entries(lists)) {
      const items = member(given, list) ?? [];
      if (!Array.isArray(items)) problems.push(`\`${section}.${list}\` must be a list`);
      else
        for (const [index, value] of items.entries())
          yield* item(section, list, index, value, shape, problems);
    }
  }
}

function* item(
  section: string,
  list: string,
  index: number,
  value: unknown,
  shape: Shape,
  problems: string[],
): Generator<SeedItem> {
  const path = `${section}.${list}[${index}]`;
  if (!isObject(value)) return void problems.push(`\`${path}\` must be an object`);
  unknown(value, Object.keys(shape), `${path}.`, problems);
  for (const [name, kind] of Object.entries(shape)) {
    const given = member(value, name);
    if (given === undefined && kind.endsWith('?')) continue;
    const wanted = kind.replace('?', '') as Kind;
    if (!IS[wanted](given))
      problems.push(`\`${path}.${name}\` ${given === undefined ? 'is missing' : `must be ${SAYS[wanted]}`}`);
  }
  yield { path, list: `${section}.${list}`, value };
}

function unknown(object: object, known: readonly string[], before: string, problems: string[]): void {
  for (const name of Object.keys(object)) {
    // Where an editor finds the words for a file is for the file to say.
    if (known.includes(name) || (before === '' && name === '$schema')) continue;
    problems.push(`\`${before}${shown(name)}\` is not known; known are ${known.join(', ')}`);
  }
}

const isString = (value: unknown): boolean => typeof value === 'string' && value !== '';
const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  string: isString,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  strings: (value) => Array.isArray(value) && value.every(isString),
  object: isObject,
  objects: (value) => Array.isArray(value) && value.every(isObject),
  issuerMode: (value) => value === 'team' || value === 'global',
};
const SAYS: Readonly<Record<Kind, string>> = {
  string: 'a string that is not empty',
  number: 'a number',
  boolean: 'true or false',
  strings: 'a list of strings',
  object: 'an object',
  objects: 'a list of objects',
  issuerMode: 'team or global',
};
