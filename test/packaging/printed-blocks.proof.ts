/**
 * The blocks of code of README, guides and website: each is compiled, of commands, or text. A command that cannot be run here
 * stands in a table with the reason, and is parsed.
 */

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../packages/cli/src/program.js';
import { ROOT, command } from './packages.js';
import {
  BLOCKS,
  COMPILED,
  NOT_RUN,
  SHELLS,
  TEXT,
  bare,
  commands,
  compilerOf,
  installs,
  notRun,
  others,
  reasonOf,
} from './printed-commands.js';

const BOUND_MS = 120_000;

describe('what is not run', () => {
  it.each(NOT_RUN)('%s is printed, or it needs no row', (match) => {
    const isOfOthers = /git clone|credex dev/.test(match.source);
    expect(isOfOthers || notRun.some(({ line }) => match.test(line))).toBe(true);
  });

  it.each(notRun)(
    '$line is a command line',
    async ({ line }) => {
      const parsed = await command('bash', ['-n', '-c', line], tmpdir());
      expect(parsed.stderr).toBe('');
      expect(parsed.code).toBe(0);
    },
    BOUND_MS,
  );

  it.each(notRun.filter(({ line }) => /\bcredex [a-z]/.test(line) && !line.includes('pack')))(
    '$line has the options of the command',
    async ({ line }) => {
      // As the shell splits it: a program in place of `npx` and `credex` prints its words.
      const words = `npx() { shift; credex "$@"; }; credex() { printf '%s\\0' "$@" >&3; }; eval() { :; }; ${line}`;
      const { stdout } = await command('bash', ['-c', `{ ${words}\n} 3>&1`], tmpdir());
      await expect(parse(stdout.split('\0').slice(0, -1))).resolves.toBeUndefined();
    },
    BOUND_MS,
  );

  it('would be refused with an option that the command lacks', async () => {
    await expect(parse(['dev', '--alow-host', 'a.internal', '--', 'true'])).rejects.toThrow(/--alow-host/);
  });
});

/** Rejects as the command line does, and runs nothing. */
async function parse(argv: readonly string[]): Promise<void> {
  const program = await createProgram(argv, () => () => Promise.resolve());
  const silent = (one: typeof program): void => {
    one.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    one.commands.forEach(silent);
  };
  silent(program);
  await program.parseAsync(argv, { from: 'user' });
}

/** What a route file of Next.js may export, or a function in `api/`: some versions refuse every other name. */
const OF_ROUTES = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|dynamic|config)$/;

describe('every block', () => {
  it('exports no other name next to a handler', () => {
    const faults = BLOCKS.flatMap(({ page, line, text }) => {
      const names = [...text.matchAll(/^export (?:async )?(?:const|let|function|class) (\w+)/gm)].map(
        ([, name = '']) => name,
      );
      const others = names.filter((name) => !OF_ROUTES.test(name));
      return others.length > 0 && others.length < names.length ? [`${page}:${line} (${others.join()})`] : [];
    });
    expect(faults).toEqual([]);
  });

  it('is compiled, run, parsed or text', () => {
    const unknown = BLOCKS.filter(
      (block) => compilerOf(block) === undefined && !SHELLS.has(block.language) && !TEXT.has(block.language),
    );
    expect(unknown.map(({ page, line, language }) => `${page}:${line} (${language})`)).toEqual([]);
    const compilers = new Set(BLOCKS.flatMap((block) => compilerOf(block) ?? []));
    expect(COMPILED.filter(({ by }) => !compilers.has(by) || !existsSync(join(ROOT, by)))).toEqual([]);
    for (const { page, line, language, text } of BLOCKS)
      if (language === 'json') expect(() => JSON.parse(text) as unknown, `${page}:${line}`).not.toThrow();

    const compiled = BLOCKS.filter((block) => compilerOf(block) !== undefined).length;
    const shell = BLOCKS.filter(({ language }) => SHELLS.has(language)).length;
    console.log(
      [
        `${BLOCKS.length} blocks of code: ${compiled} compiled, ${shell} of commands, ${BLOCKS.length - compiled - shell} of text.`,
        `${commands.length} commands: ${installs.length + others.length} run, ${notRun.length} checked only:`,
        ...notRun.map(({ line }) => `  ${bare(line)}: ${reasonOf(line)}`),
      ].join('\n'),
    );
  });
});
