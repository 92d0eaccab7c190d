/** What the build of a package refuses to make. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ROOT, command, emptyFolder } from './packages.js';

const [folder, remove] = emptyFolder();
afterAll(remove);

const SOURCES = {
  'package.json': '{ "exports": { "./driver": "./dist/driver.js" } }',
  'src/driver.ts': `
    export const one = () => import('./one/text.js');
    export const other = () => import('./other/text.js');`,
  'src/one/text.ts': 'export const text = 1;',
  'src/other/text.ts': 'export const text = 2;',
};

it('two modules of one name that wait for their import(): one would be loaded for the other', async () => {
  for (const [path, text] of Object.entries(SOURCES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const { code, stderr } = await command(
    process.execPath,
    [join(ROOT, 'scripts', 'build-package.mjs'), '--whole=driver'],
    folder,
  );
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/one.text\.ts and .*other.text\.ts would both become lazy.text\.js: rename one/);
});
