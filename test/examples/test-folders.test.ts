/** test/README.md has a row for each folder of test/, and each folder is there. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesUnder } from '../../scripts/workspace.mjs';
import { ROOT } from './readme-blocks.js';

test('the README of test/ says what each folder is for', () => {
  const rows = [...readFileSync(join(ROOT, 'test', 'README.md'), 'utf8').matchAll(/^\| `([\w-]+)`/gm)];
  const folders = filesUnder('test').flatMap((path) => /^test\/([^/]+)\//.exec(path)?.[1] ?? []);
  expect(rows.map(([, name]) => name).sort()).toEqual([...new Set(folders)].sort());
});
