/** SECURITY.md's table: each promise names tests that exist, by file and title. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesUnder } from '../../scripts/workspace.mjs';
import { ROOT } from './readme-blocks.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const files = new Set(filesUnder());

const [, table = ''] = /^\| # +\| promise .*\n\| -.*\n((?:\|.*\n)+)/m.exec(read('SECURITY.md')) ?? [];
const rows = [...table.matchAll(/^\| (\d+) +\| (.+?) +\| (.+?) +\|$/gm)].map(
  ([, number = '', promise = '', tests = '']) => ({
    number,
    promise,
    open: tests.startsWith('Open: '),
    tests: [...tests.matchAll(/`([^`]+)`: "([^"]+)"/g)].map(([, file = '', title = '']) => ({ file, title })),
  }),
);

test('has a row for each promise, numbered without a gap', () => {
  expect(rows.map(({ number }) => Number(number))).toEqual(Array.from({ length: 27 }, (_, at) => at + 1));
});

test.each(rows)('promise $number: $promise', ({ tests, open }) => {
  expect(tests.length > 0).toBe(!open);
  for (const { file, title } of tests) {
    expect(files).toContain(file);
    expect(file).toMatch(/\.(test|proof)\.ts$/);
    // As written in the file, in whichever quotes.
    expect(read(file).replaceAll("\\'", "'")).toContain(title);
  }
});
