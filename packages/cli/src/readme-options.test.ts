/** The options in the README are those that commander has. */

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from './program.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const COMMON = ['--json', '--verbose', '--version', '--help'];
/** Called by a script, not by a person. */
const NOT_SHOWN = ['complete'];

const act = () => () => Promise.resolve();
const command = async (name: string): Promise<Command> => {
  const program = await createProgram([name], act);
  return program.commands.find((one) => one.name() === name) as Command;
};
const longOptions = (one: Command): readonly string[] =>
  one.options.flatMap(({ long }) => (long === undefined || COMMON.includes(long) ? [] : [long]));

const names = (await createProgram([], act)).commands.map((one) => one.name());

describe('each option is in the README', () => {
  test.each(names.filter((name) => !NOT_SHOWN.includes(name)))('of %s', async (name) => {
    const own = await command(name);
    const options = [own, ...own.commands].flatMap(longOptions);
    expect([...new Set(options)].filter((option) => !new RegExp(`${option}(?![\\w-])`).test(README))).toEqual(
      [],
    );
  });
});

test('the table of setup has each option, the clouds that take it, and no other', async () => {
  const [, section = ''] = README.split('\n## setup\n');
  const [table = ''] = section.slice(section.indexOf('| option ')).split('\n\n');
  const shown = [...table.matchAll(/^\| `(--[\w-]+)[^`]*` +\| ([\w, ]+?) +\|/gm)].map(
    ([, option = '', clouds = '']) => [option, clouds] as const,
  );
  const { commands } = await command('setup');
  const clouds = new Map<string, string[]>();
  for (const cloud of commands)
    for (const option of longOptions(cloud))
      clouds.set(option, [...(clouds.get(option) ?? []), cloud.name()]);
  const declared = [...clouds].map(([option, its]) => [option, its.length === 3 ? 'all' : its.join(', ')]);
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(declared));
});
