import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { worksWith } from '../hosts/clients/table.mjs';

test.each(['aws', 'gcp', 'azure'])(
  'the README of %s lists the clients that `npm run hosts` runs, in the versions it runs',
  (cloud) => {
    const readme = readFileSync(new URL(`../../packages/${cloud}/README.md`, import.meta.url), 'utf8');
    expect(
      /^\| client .*(?:\n\|.*)*/m.exec(readme)?.[0],
      'run node test/hosts/clients/write-works-with.mjs',
    ).toBe(worksWith(cloud));
  },
);
