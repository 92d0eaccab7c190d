import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));
const modules = readdirSync(folder).filter((name) =>
  /^(?!.*\.(?:test|fixture)\.ts$|local).*\.ts$/.test(name),
);

it('no module that everybody loads needs Node: its modules are loaded when first needed', () => {
  expect(modules).toContain('run-command.ts');
  const needing = modules.filter((name) =>
    /\bfrom\s*['"]node:|^import\s*['"]node:/m.test(readFileSync(`${folder}${name}`, 'utf8')),
  );
  expect(needing).toEqual([]);
});
