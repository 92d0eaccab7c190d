import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));
const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => /^(?!.*\.(?:test|fixture)\.ts$|local).*\.ts$/.test(name));

it('no module that everybody loads imports Node’s, early or late: bundlers for the edge look at both', () => {
  expect(modules).toContain('sources/run-command.ts');
  const needing = modules.filter((name) =>
    // Types are gone by then.
    /\bfrom\s*['"]node:|^import\s*['"]node:|(?<!typeof )import\(\s*['"]node:/m.test(
      readFileSync(`${folder}${name}`, 'utf8'),
    ),
  );
  expect(needing).toEqual([]);
});
