/** What CONTRIBUTING.md and the files of .github name exists, and each decision record has its parts. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { ROOT } from './readme-blocks.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };

const DOCUMENTS = [
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  '.github/pull_request_template.md',
  '.github/workflows/ci.yml',
  '.github/workflows/release.yml',
];

/** The scripts that a text runs: `npm test`, `npm run check`. */
const scriptsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\bnpm (?:run )?(test|(?<=run )[\w:]+)/g)].map(([, name = '']) => name);

/** The files and folders that a text names, as a span of code or as a link. */
const pathsIn = (text: string): readonly string[] =>
  [
    ...text.matchAll(/`((?:\.ci|\.github|packages|test|docs|scripts)\/[\w./-]+|[A-Z]+\.md)`/g),
    ...text.matchAll(/\]\(((?!https:)[^)#]+)\)/g),
    ...text.matchAll(/npm test -- ([\w./-]+)/g),
  ]
    .map(([, path = '']) => path)
    .filter((path) => !path.includes('NNNN'));

describe.each(DOCUMENTS)('%s', (path) => {
  const text = read(path);

  it('names only scripts of package.json', () => {
    expect(scriptsIn(text).filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('names only files that exist', () => {
    expect(pathsIn(text).filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });
});

test('CONTRIBUTING.md names every script that a contributor may need', () => {
  const named = read('CONTRIBUTING.md');
  const forMaintainers = ['release', 'release:version', 'demo', 'build', 'bench:verify'];
  const needed = Object.keys(scripts).filter((name) => !forMaintainers.includes(name));
  expect(needed.filter((name) => !new RegExp(`\\b${name}\\b`).test(named))).toEqual([]);
});

test('the names that CONTRIBUTING.md gives for code are in the file that the sentence names', () => {
  for (const [name, path] of [
    ['FederationErrorCode', 'packages/core/src/contract.ts'],
    ['TRANSIENT', 'packages/core/src/federation-error.ts'],
    ['cacheKeyFields', 'packages/aws/src/aws-exchanger.ts'],
  ] as const)
    expect(read(path)).toContain(name);
});

describe('the workflows', () => {
  const workflows = readdirSync(join(ROOT, '.github', 'workflows'));

  it('run what .ci/run runs, with read access only', () => {
    const text = read('.github/workflows/ci.yml');
    expect(text).toMatch(/^ +- run: \.ci\/run$/m);
    expect(text).toMatch(/^permissions: \{\}$/m);
    expect([...text.matchAll(/^ {6}(\w[\w-]*): (\w+)/gm)].map(([, name, access]) => [name, access])).toEqual([
      ['contents', 'read'],
    ]);
  });

  it.each(workflows)('%s pins each action to a version', (name) => {
    const used = [...read(`.github/workflows/${name}`).matchAll(/uses: (\S+)/g)].map(
      ([, action = '']) => action,
    );
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/);
  });
});

describe('the decision records', () => {
  const records = readdirSync(join(ROOT, 'docs', 'decisions'));

  it.each(records)('%s has a title, a date, a status and four sections', (name) => {
    const text = read(`docs/decisions/${name}`);
    expect(text).toMatch(
      /^# .+\n\nDate: \d{4}-\d\d-\d\d\. Status: (proposed|accepted|superseded by \d{4})[.;]/,
    );
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(['Context', 'Decision', 'Consequences', 'Alternatives']);
  });
});
