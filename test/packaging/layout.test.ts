import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROVIDERS, ROOMS, ROOT, manifestOf } from './packages.js';

/** What each provider's room has, under the same names: who knows one room knows the others. */
const FURNITURE = (cloud: string): readonly RegExp[] => [
  /^index\.ts$/,
  new RegExp(`^${cloud}-credentials-provider\\.ts$`),
  new RegExp(`^${cloud}-credentials-provider\\.test\\.ts$`),
  new RegExp(`^${cloud}-exchanger\\.ts$`),
  /^parse-[a-z-]+-response\.ts$/,
  /^parse-[a-z-]+-response\.test\.ts$/,
  new RegExp(`^classify-${cloud}-error\\.ts$`),
  new RegExp(`^classify-${cloud}-error\\.test\\.ts$`),
];

describe.each(PROVIDERS)('the room of %s', (cloud) => {
  const files = readdirSync(join(ROOT, 'packages', cloud, 'src'));

  it('has the furniture of every provider', () => {
    const missing = FURNITURE(cloud).filter((pattern) => !files.some((file) => pattern.test(file)));
    expect(missing.map(String)).toEqual([]);
  });
});

describe.each(ROOMS)('packages/%s', (room) => {
  const read = (path: string): string => readFileSync(join(ROOT, 'packages', room, path), 'utf8');

  it('has a README under its own name', () => {
    expect(read('README.md').split('\n')[0]).toBe(`# ${manifestOf(room).name}`);
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

it('each decision record has a number of its own, without a gap', () => {
  const records = readdirSync(join(ROOT, 'docs', 'decisions')).sort();
  const numbers = records.map((_record, index) => String(index + 1).padStart(4, '0'));
  expect(records.map((record) => record.slice(0, 4))).toEqual(numbers);
});
