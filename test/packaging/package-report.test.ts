import { describe, expect, it } from 'vitest';
import { newerFeatures } from '../../scripts/newer-features.mjs';
import {
  coreLayers,
  importedPackages,
  importsOf,
  linesOfCode,
  packageReport,
  smallFiles,
} from '../../scripts/package-report.mjs';
import { filesUnder } from '../../scripts/workspace.mjs';

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

describe('features that came after the baseline', () => {
  it('are counted by the paths of their files, and leave the rest to the share', () => {
    const files = [
      { path: 'packages/store/src/index.ts', code: 10 },
      { path: 'packages/core/src/cache/store-stage.ts', code: 5 },
      { path: 'packages/core/src/cache/cache.ts', code: 100 },
      { path: 'packages/cli/src/dev/keys.ts', code: 7 },
    ];
    const byFeature = Object.fromEntries(newerFeatures(files).map(({ feature, own }) => [feature, own]));
    expect(byFeature).toMatchObject({ 'a cache that instances share': 15, 'credex dev': 7 });
    expect(Object.values(byFeature).reduce((sum, own) => sum + own, 0)).toBe(22);
  });

  it('have files in every place that the table names', () => {
    const files = filesUnder('packages').map((path: string) => ({ path, code: 1 }));
    expect(newerFeatures(files).flatMap(({ missing }) => missing)).toEqual([]);
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
      { specifier: './a.js', isLazy: false, isExport: false },
      { specifier: './b.js', isLazy: false, isExport: true },
      { specifier: './c.js', isLazy: false, isExport: false },
      { specifier: './d.js', isLazy: true, isExport: false },
      { specifier: './e.js', isLazy: true, isExport: false },
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

  it('may stay if its importer loads it lazily, or only exports it', () => {
    expect(smallFiles([small, file('a.ts', "await import('./small.js');")], [])).toEqual([]);
    expect(smallFiles([small, file('a.ts', "export { a } from './small.js';")], [])).toEqual([]);
  });

  it('may stay if it is an entry, or has 30 lines', () => {
    expect(smallFiles([small, importer], [small.path])).toEqual([]);
    const longer = file('small.ts', 'export const a = 1;\n'.repeat(30));
    expect(smallFiles([longer, importer], [])).toEqual([]);
  });

  it('of one runtime is imported by #name', () => {
    const runtime = file('runtime/web.ts', 'export const a = 1;');
    expect(smallFiles([runtime, file('a.ts', "import '#runtime';")], [])).toHaveLength(1);
    const both = [file('a.ts', "import '#runtime';"), file('b.ts', "import '#runtime';")];
    expect(smallFiles([runtime, ...both], [])).toEqual([]);
  });

  it('may stay if its importer would become too long', () => {
    const long = file('a.ts', `import './small.js';\n${'export const a = 1;\n'.repeat(271)}`);
    expect(smallFiles([small, long], [])).toEqual([]);
  });

  it('may be a registry of clouds', () => {
    const registry = file('clouds/registry.ts', "export { aws } from './aws.js';");
    expect(smallFiles([registry, file('clouds/clouds.ts', "import './registry.js';")], [])).toEqual([]);
  });
});

describe('the layers of core', () => {
  const inCore = (path: string, text: string) => ({ path: `packages/core/src/${path}`, text });
  const key = inCore('cache/key.ts', "import '#runtime';\nimport './policy.js';\nimport '../errors.js';");

  it('are listed from top to bottom with what each imports', () => {
    const { lines, upward } = coreLayers([key, inCore('index.ts', "export { a } from './cache/key.js';")]);
    expect(upward).toEqual([]);
    expect(lines[0]).toMatch(/ index .*cache\/$/);
    expect(lines).toContainEqual(expect.stringMatching(/^ +cache\/ +runtime\/, errors redact$/));
    expect(lines.at(-1)).toMatch(/^ +contract own +nothing$/);
  });

  it('name an import that goes upward, or to the side', () => {
    const errors = inCore('errors.ts', "import './provider.js';\nimport('./cache/key.js');");
    const events = inCore('events.ts', "import './options/assert.js';");
    expect(coreLayers([errors, events]).upward).toEqual([
      'packages/core/src/errors.ts -> packages/core/src/provider.ts',
      'packages/core/src/errors.ts -> packages/core/src/cache/key.ts',
      'packages/core/src/events.ts -> packages/core/src/options/assert.ts',
    ]);
  });
});

it('the report has one line for each package, then the sum of all lines of code', () => {
  const { lines, small, upward } = packageReport();
  expect({ small, upward }).toEqual({ small: [], upward: [] });
  expect(lines[0]).toMatch(/^package +files +lines +median +code +small +imports$/);
  expect(lines.find((line) => line.startsWith('core '))).toMatch(/ nothing$/);
  expect(lines.find((line) => line.startsWith('verify '))).toMatch(/ core$/);
  const code = lines.slice(1).flatMap((line) => /^[a-z]+ +\d+ +\d+ +[\d.]+ +(\d+) /.exec(line)?.[1] ?? []);
  const sum = code.map(Number).reduce((one, other) => one + other, 0);
  expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${sum} lines of code without comments`)));
});
