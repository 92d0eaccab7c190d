/** Every code that a user may meet has a row in the main README, and a test that expects it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesUnder } from '../../scripts/workspace.mjs';
import { ROOT } from './readme-blocks.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The members of an exported union of string literals. */
function membersOf(path: string, type: string): readonly string[] {
  const [, union = ''] = new RegExp(`export type ${type} =([^;]*);`).exec(read(path)) ?? [];
  return [...union.matchAll(/'([^']+)'/g)].map(([, member = '']) => member);
}

/** The first cells of the table under this heading cell. */
function rowsOf(heading: string): readonly string[] {
  const [, table = ''] =
    new RegExp(`^\\| ${heading} +\\|.*\\n\\| -.*\\n((?:\\|.*\\n)+)`, 'm').exec(read('README.md')) ?? [];
  return [...table.matchAll(/^\| `([^`]+)` +\|(?:[^|\n]*\|)+$/gm)].map(([, code = '']) => code);
}

const tests = filesUnder().filter((path) => path.endsWith('.test.ts') && !path.startsWith('test/examples/'));
const texts = tests.map(read);

describe.each([
  { type: 'FederationErrorCode', path: 'packages/core/src/contract.ts', heading: 'code', least: 24 },
  { type: 'OptionErrorCode', path: 'packages/core/src/errors.ts', heading: 'option error', least: 5 },
])('$type', ({ type, path, heading, least }) => {
  const codes = membersOf(path, type);

  test('is read as it is declared', () => {
    expect(codes.length).toBeGreaterThanOrEqual(least);
    expect(new Set(codes).size).toBe(codes.length);
  });

  test('has a row for each code in the README, and no row more', () => {
    expect(rowsOf(heading)).toEqual(codes);
  });

  test.each(codes)('%s is expected by a test', (code) => {
    expect(texts.some((text) => text.includes(`'${code}'`))).toBe(true);
  });
});
