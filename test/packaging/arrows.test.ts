import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wordFindings } from '../../scripts/retired-words.mjs';
import { addressFindings, textFindings } from '../../scripts/text-rules.mjs';
import { ROOT, command, emptyFolder } from './packages.js';

const longFunction = (lines: number, line: string): string =>
  `export function f(): void {\n${line.repeat(lines)}}\n`;

/** What each planted file must be told, as the linter prints the rule; an empty list: nothing. */
const PLANTED: readonly (readonly [path: string, text: string, rules: readonly string[]])[] = [
  // Imports between packages.
  [
    'core/src/cache/cache.ts',
    `import { a } from '@credex/vercel';\nexport const b: number = a;\n`,
    ['credex(arrows)'],
  ],
  ['aws/src/knows-gcp.ts', `export { a } from '@credex/gcp';\n`, ['credex(arrows)']],
  ['aws/src/reaches-in.ts', `export { a } from '../../core/src/contract.js';\n`, ['credex(arrows)']],
  ['aws/src/types-only.ts', `export type A = import('@credex/azure').A;\n`, ['credex(arrows)']],
  [
    'config/src/at-runtime.ts',
    `import { importAtRuntime } from './optional-import.js';\nexport const a = importAtRuntime('jiti');\n`,
    [],
  ],
  [
    'config/src/at-runtime-of-another.ts',
    `import { importAtRuntime } from './optional-import.js';\nexport const a = importAtRuntime('axios');\n`,
    ['credex(arrows)'],
  ],
  [
    'config/src/at-runtime-of-anything.ts',
    `import { importAtRuntime } from './optional-import.js';\nexport const a = (b: string): unknown => importAtRuntime(b);\n`,
    ['credex(arrows)'],
  ],
  [
    'config/src/by-name.ts',
    `export const a = (b: string): Promise<unknown> => import(b);\n`,
    ['credex(arrows)'],
  ],
  ['aws/src/allowed.ts', `export { a } from '@credex/core';\nexport { b } from '@credex/vercel';\n`, []],
  [
    'core/src/options/endpoint.test.ts',
    `import { a } from '@credex/verify';\nexport const b: number = a;\n`,
    ['credex(arrows)'],
  ],
  // Layers of core.
  [
    'core/src/errors.ts',
    `import { a } from './provider.js';\nexport const b: number = a;\n`,
    ['credex(arrows)'],
  ],
  ['core/src/unheard-of.ts', `export const a = 1;\n`, ['credex(arrows)']],
  ['core/src/provider.ts', `export { c } from './contract.js';\n`, []],
  ['core/src/contract.ts', `export const c = 1;\n`, []],
  ['core/src/driver.ts', `import { readFileSync } from 'node:fs';\nreadFileSync('x');\n`, ['credex(arrows)']],
  // SDKs stay behind their subpaths.
  [
    'aws/src/index.ts',
    `import { STSClient } from '@aws-sdk/client-sts';\nnew STSClient();\n`,
    ['credex(arrows)'],
  ],
  [
    'aws/src/sdk-types.ts',
    `import type { A } from '@aws-sdk/client-sts';\nexport type B = A;\n`,
    ['credex(arrows)'],
  ],
  [
    'aws/src/client-sts.ts',
    `import { STSClient } from '@aws-sdk/client-sts';\nexport const a = STSClient;\n`,
    [],
  ],
  ['aws/src/loads-early.ts', `export { a } from './client-sts.js';\n`, ['credex(arrows)']],
  ['aws/src/loads-late.ts', `export const a = (): Promise<unknown> => import('./client-sts.js');\n`, []],
  [
    'azure/src/computed.ts',
    `export const a = (x: string): Promise<unknown> => import(x);\n`,
    ['credex(arrows)'],
  ],
  [
    'azure/src/required.ts',
    `export const a: unknown = require('@azure/identity');\n`,
    ['credex(no-require)'],
  ],
  // Cycles and exports.
  [
    'gcp/src/one.ts',
    `import { two } from './two.js';\nexport const one = (): number => two();\n`,
    ['import(no-cycle)'],
  ],
  [
    'gcp/src/two.ts',
    `import { one } from './one.js';\nexport const two = (): number => one();\n`,
    ['import(no-cycle)'],
  ],
  ['gcp/src/star.ts', `export * from './names.js';\n`, ['credex(no-export-star)']],
  ['gcp/src/star-as.ts', `export * as names from './names.js';\n`, ['credex(no-export-star)']],
  ['gcp/src/default.ts', `export default 1;\n`, ['import(no-default-export)']],
  ['gcp/src/names.ts', `export const name = 'x';\n`, []],
  // Promises and any.
  [
    'vercel/src/floats.ts',
    `const f = async (): Promise<number> => 1;\nf();\n`,
    ['typescript(no-floating-promises)'],
  ],
  ['vercel/src/misuses.ts', `[1].forEach(async () => {});\n`, ['typescript(no-misused-promises)']],
  ['vercel/src/any.ts', `export const a = (x: any): unknown => x;\n`, ['typescript(no-explicit-any)']],
  // Globals that must be options.
  ['vercel/src/fetches.ts', `export const a = (): Promise<unknown> => fetch('x');\n`, ['credex(no-ambient)']],
  ['vercel/src/global.ts', `export const a = (): unknown => globalThis.fetch;\n`, ['credex(no-ambient)']],
  [
    'vercel/src/cast.ts',
    `export const a = (globalThis as { process?: unknown }).process;\n`,
    ['credex(no-ambient)'],
  ],
  [
    'vercel/src/now.ts',
    `export const a = [Date.now(), new Date()];\n`,
    ['credex(no-ambient)', 'credex(no-ambient)'],
  ],
  ['vercel/src/random.ts', `export const a = Math.random();\n`, ['credex(no-ambient)']],
  [
    'vercel/src/waits.ts',
    `setTimeout(() => {}, 1);\nconsole.log(1);\n`,
    ['credex(no-ambient)', 'credex(no-ambient)'],
  ],
  [
    'vercel/src/converts.ts',
    `export const a = (ms: number, fetch: () => Date): Date => (ms > 0 ? fetch() : new Date(ms));\n`,
    [],
  ],
  ['vercel/src/platform/runtime.ts', `export const a = (): unknown => [globalThis.fetch, Date.now()];\n`, []],
  // Length of functions.
  ['gcp/src/long.ts', longFunction(80, '  f();\n'), ['eslint(max-lines-per-function)']],
  ['gcp/src/commented.ts', longFunction(200, '  // one\n\n'), []],
  ['gcp/src/long.test.ts', longFunction(80, '  f();\n'), []],
  // Tests.
  [
    'vercel/src/only.test.ts',
    `import { expect, it } from 'vitest';\nit.only('x', () => expect(1).toBe(1));\n`,
    ['vitest(no-focused-tests)'],
  ],
  [
    'vercel/src/skip.test.ts',
    `import { expect, it } from 'vitest';\nit.skip('x', () => expect(1).toBe(1));\n`,
    ['vitest(no-disabled-tests)'],
  ],
];

describe('the linter', () => {
  const [folder, remove] = emptyFolder();
  afterAll(remove);
  let told: Readonly<Record<string, readonly string[]>> = {};

  beforeAll(async () => {
    for (const [path, text] of PLANTED) {
      const file = join(folder, 'packages', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const config = pathToFileURL(join(ROOT, 'oxlint.config.mjs')).href;
    writeFileSync(join(folder, 'oxlint.config.mjs'), `export { default } from ${JSON.stringify(config)};\n`);
    const compilerOptions = { target: 'es2022', module: 'nodenext', strict: true, noEmit: true };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));

    const oxlint = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint');
    const args = [oxlint, '-c', 'oxlint.config.mjs', '--type-aware', '--format=json', 'packages'];
    const { code, stdout, stderr } = await command(process.execPath, args, folder, [
      join(ROOT, 'node_modules', '.bin'),
    ]);
    if (code !== 1) throw new Error(`oxlint ended with ${code}: ${stderr}`);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
    told = Object.fromEntries(
      PLANTED.map(([path]) => [
        path,
        diagnostics.filter(({ filename }) => filename === `packages/${path}`).map((finding) => finding.code),
      ]),
    );
  });

  it.each(PLANTED)('packages/%s', (path, _text, rules) => {
    expect(told[path]).toEqual(rules);
  });
});

describe('retired words', () => {
  const found = (text: string, path = 'packages/gcp/src/a.ts'): readonly string[] => wordFindings(path, text);

  it('are refused in comments, texts and Markdown, with the line and what replaces them', () => {
    expect(found('const a = 1;\n/** Read\n * anew. */')).toEqual([
      'packages/gcp/src/a.ts:3: "anew" is a retired word: again',
    ]);
    expect(found("it('asks nobody', () => {});")).toHaveLength(1);
    expect(found('const a = `${b} beside ${c}`;')).toHaveLength(1);
    expect(found('One thing.\n\nA key of its own.', 'packages/gcp/README.md')).toHaveLength(1);
  });

  it('may be identifiers, code in Markdown, and parts of other words', () => {
    expect(found('const nobody = slot.patience;\n// a refresh in flight, besides')).toEqual([]);
    expect(found('Run `beside`.\n\n```sh\nnobody\n```\n', 'packages/gcp/README.md')).toEqual([]);
  });
});

describe('the rules of the text', () => {
  const lines = (count: number, first = 'x;'): string => `${first}\n${'x;\n'.repeat(count - 1)}`;
  const reason = '// Longer than 300 lines: one table, read from top to bottom.';

  it('takes a file of 300 lines and no more', () => {
    expect(textFindings('a.ts', lines(300))).toEqual([]);
    expect(textFindings('a.ts', lines(301))).toEqual([expect.stringContaining('a.ts:301: 301 lines')]);
  });

  it('takes up to 500 with a reason in the first line', () => {
    expect(textFindings('a.ts', lines(500, reason))).toEqual([]);
    expect(textFindings('a.ts', lines(501, reason))).toEqual([expect.stringContaining('a.ts:501')]);
    expect(textFindings('a.ts', lines(400, '// Longer than 300 lines:'))).toHaveLength(1);
  });

  it.each([
    '// @ts-' + 'ignore',
    '/* oxlint-' + 'disable */',
    '// eslint-' + 'disable-next-line no-console',
    '// oxlint-' + 'disable-next-line credex/arrows -- a reason',
  ])('takes no %s', (line) => {
    expect(textFindings('a.ts', `x;\n${line}\n`)).toEqual([expect.stringContaining('a.ts:2')]);
  });

  it('takes a switch for one line that names its rule and its reason', () => {
    expect(textFindings('a.ts', '// eslint-' + 'disable-next-line no-control-regex -- a reason\n')).toEqual(
      [],
    );
  });

  it('takes no address of a package', () => {
    const lock = 'packages:\n  a@1.0.0:\n    tarball: https://example.com/a.tgz\n';
    expect(addressFindings('lock.yaml', lock)).toEqual([
      'lock.yaml:3: contains the address of a package registry',
    ]);
    expect(addressFindings('lock.yaml', '  a@1.0.0:\n    resolution: {integrity: sha512-x}\n')).toEqual([]);
  });
});
