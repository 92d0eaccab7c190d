import { describe, expect, it } from 'vitest';
import {
  importedPackages,
  importsOf,
  linesOfCode,
  packageReport,
  smallFiles,
} from '../../scripts/package-report.mjs';

const file = (path: string, text: string) => ({ path: `packages/aws/src/${path}`, text });

describe('lines of code', () => {
  const count = (text: string): number => linesOfCode(file('a.ts', text));

  it('leave out comments and blank lines', () => {
    expect(count('// one\n\n/**\n * two\n */\nconst a = 1; // three\n')).toBe(1);
    expect(count('/* one */ const a = {\n  // two\n  b: 1,\n};\n')).toBe(3);
  });

  it('count every line of a template, even one that looks like a comment', () => {
    expect(count('const a = `\n// not a comment\n\n${1}\n`;\n')).toBe(5);
  });

  it('count a docstring of no statement as a comment', () => {
    expect(count('export interface A {\n  /** The name. */\n  readonly b: string;\n}\n')).toBe(3);
    expect(count('/** Only a comment. */\n')).toBe(0);
  });
});

describe('imports', () => {
  it('are found in every form, and `import()` and types of modules are lazy', () => {
    const text = [
      "import { a } from './a.js';",
      "export type { B } from './b.js';",
      "import './c.js';",
      "const d = () => import('./d.js');",
      "type E = import('./e.js').E;",
      'const f = "import \'./f.js\'";',
    ];
    expect(importsOf(file('x.ts', text.join('\n')))).toEqual([
      { specifier: './a.js', isLazy: false },
      { specifier: './b.js', isLazy: false },
      { specifier: './c.js', isLazy: false },
      { specifier: './d.js', isLazy: true },
      { specifier: './e.js', isLazy: true },
    ]);
  });

  it('of other packages are direct if one of them is', () => {
    const sources = [
      file(
        'a.ts',
        "import '@credex/core/internal';\nimport 'credex';\nimport 'credexy';\nimport '@credex/aws';",
      ),
      file('b.ts', "await import('@credex/core');\nawait import('@credex/cli');"),
    ];
    expect(importedPackages('aws', sources)).toEqual({ direct: ['core', 'credex'], lazy: ['cli'] });
  });
});

describe('a small file', () => {
  const small = file('small.ts', 'export const a = 1;\n'.repeat(29));
  const importer = file('folder/importer.ts', "import { a } from '../small.js';");
  const found = (...more: ReturnType<typeof file>[]) =>
    smallFiles([small, importer, ...more], ['packages/aws/src/index.ts']).map(({ path }) => path);

  it('with one importer belongs into that file', () => {
    expect(smallFiles([small, importer], [])).toEqual([
      { path: small.path, lines: 29, importer: importer.path },
    ]);
    expect(found(file('index.ts', "export * from './other.js';"))).toEqual([small.path]);
  });

  it('may stay with two importers, even if one of them loads it lazily', () => {
    expect(found(file('lazy.ts', "await import('./small.js');"))).toEqual([]);
  });

  it('may stay if it is an entry, or has 30 lines', () => {
    expect(smallFiles([small, importer], [small.path])).toEqual([]);
    const longer = file('small.ts', 'export const a = 1;\n'.repeat(30));
    expect(smallFiles([longer, importer], [])).toEqual([]);
  });

  it('of one runtime is imported by #name', () => {
    const system = file('web-system.ts', 'export const a = 1;');
    expect(smallFiles([system, file('a.ts', "import '#system';")], [])).toHaveLength(1);
    const both = [file('a.ts', "import '#system';"), file('b.ts', "import '#system';")];
    expect(smallFiles([system, ...both], [])).toEqual([]);
  });
});

it('the report has one line for each package, then the sum of all lines of code', () => {
  const { lines } = packageReport();
  expect(lines[0]).toMatch(/^package +files +lines +median +code +small +imports$/);
  expect(lines.find((line) => line.startsWith('core '))).toMatch(/ nothing$/);
  expect(lines.find((line) => line.startsWith('verify '))).toMatch(/ core$/);
  const code = lines.slice(1).flatMap((line) => /^[a-z]+ +\d+ +\d+ +[\d.]+ +(\d+) /.exec(line)?.[1] ?? []);
  const sum = code.map(Number).reduce((one, other) => one + other, 0);
  expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${sum} lines of code without comments`)));
});
