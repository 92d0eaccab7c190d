/** The README's table of the packages that credex builds on: each part is in the sources, and the test named runs it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesUnder } from '../../scripts/workspace.mjs';
import { ROOT } from './readme-blocks.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const PACKAGES = [
  '@aws-sdk/client-sts',
  '@aws-sdk/credential-providers',
  'google-auth-library',
  '@azure/identity',
  '@vercel/functions',
  'vitest',
];

const [, section = ''] = /^## The packages it builds on\n([\s\S]*?)^## /m.exec(read('README.md')) ?? [];
const rows = [...section.matchAll(/^\| `([^`]+)` *\|([^|]*)\|([^|]*)\|$/gm)].map(
  ([, name = '', part = '', tests = '']) => ({
    name,
    part,
    tests: [...tests.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, path = '']) => path),
  }),
);

test('it has one row for each package', () => {
  expect(rows.map(({ name }) => name)).toEqual(PACKAGES);
});

/** What imports the package: sources of ours, which users reach; for vitest, whatever hands `describe` and `it` over. */
const importers = (name: string): readonly string[] =>
  filesUnder()
    .filter((path) =>
      (name === 'vitest' ? /\.test\.ts$/ : /^packages\/.*(?<!\.test|\.fixture)\.ts$/).test(path),
    )
    .filter((path) => new RegExp(`(?:from|import\\()\\s*'${name}(?:/[^']*)?'`).test(read(path)));

test.each(rows)('$name: $part', ({ name, part, tests }) => {
  const used = importers(name);
  expect(used.length).toBeGreaterThan(0);
  const [, room] = /@credex\/([a-z]+)/.exec(part) ?? [];
  if (name !== 'vitest') expect(used.some((path) => path.startsWith(`packages/${room ?? ''}`))).toBe(true);
  expect(tests.length).toBeGreaterThan(0);
  for (const path of tests) expect(read(path)).toMatch(/\b(?:it|test|exchangerConformance)\b/);
  if (name === 'vitest') expect(tests.every((path) => used.includes(path))).toBe(true);
});
