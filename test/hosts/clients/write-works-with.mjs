// Writes the tables "Works with" into the READMEs of the clouds, from table.mjs. Run it after a change there or of a
// version in package.json; test/examples/works-with.test.ts compares them.
import { readFileSync, writeFileSync } from 'node:fs';
import { worksWith } from './table.mjs';

for (const cloud of ['aws', 'gcp', 'azure']) {
  const file = new URL(`../../../packages/${cloud}/README.md`, import.meta.url);
  const text = readFileSync(file, 'utf8');
  const table = /^\| client .*\n(?:\|.*\n)*/m;
  if (!table.test(text)) throw new Error(`${file.pathname} has no table whose first column is "client".`);
  writeFileSync(
    file,
    text.replace(table, () => `${worksWith(cloud)}\n`),
  );
}
