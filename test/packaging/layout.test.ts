import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROVIDERS, PACKAGES, ROOT, manifestOf } from './packages.js';

/** Files that each provider's package has under the same names: a reader who knows one package knows the others. */
const FILES = (cloud: string): readonly RegExp[] => [
  /^index\.ts$/,
  new RegExp(`^${cloud}-credentials-provider\\.ts$`),
  new RegExp(`^${cloud}-credentials-provider\\.test\\.ts$`),
  new RegExp(`^${cloud}-exchanger\\.ts$`),
  /^parse-[a-z-]+-response\.ts$/,
  /^parse-[a-z-]+-response\.test\.ts$/,
  new RegExp(`^classify-${cloud}-error\\.ts$`),
  new RegExp(`^classify-${cloud}-error\\.test\\.ts$`),
];

describe.each(PROVIDERS)('the package of %s', (cloud) => {
  const files = readdirSync(join(ROOT, 'packages', cloud, 'src'));

  it('has the files of every provider', () => {
    const missing = FILES(cloud).filter((pattern) => !files.some((file) => pattern.test(file)));
    expect(missing.map(String)).toEqual([]);
  });
});

describe.each(PACKAGES)('packages/%s', (packageName) => {
  const read = (path: string): string => readFileSync(join(ROOT, 'packages', packageName, path), 'utf8');

  it('has a README under its own name', () => {
    expect(read('README.md').split('\n')[0]).toBe(`# ${manifestOf(packageName).name}`);
  });

  it('is published as the others are', () => {
    expect(JSON.parse(read('package.json'))).toMatchObject({
      license: 'MIT',
      type: 'module',
      sideEffects: false,
      engines: { node: '>=20.19' },
      files: expect.arrayContaining(['dist', 'README.md', 'LICENSE']) as unknown,
      publishConfig: { access: 'public', provenance: true },
    });
  });
});

it('the decision records are numbered without a gap', () => {
  const records = readdirSync(join(ROOT, 'docs', 'decisions')).sort();
  const numbers = records.map((_record, index) => String(index + 1).padStart(4, '0'));
  expect(records.map((record) => record.slice(0, 4))).toEqual(numbers);
});
