/** What an entry exports when it runs is what its snapshot says, and what a starting process loads is few files. */

import { readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PROVIDERS, PACKAGES, ROOT, manifestOf } from './packages.js';

/** The files of an entry: one for each condition that has its own. */
const filesFor = (packageName: string, subpath: string): string[] => {
  const target = manifestOf(packageName).exports[subpath] ?? {};
  const files = typeof target === 'string' ? [] : Object.values(target);
  return [...new Set(files)]
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(ROOT, 'packages', packageName, file));
};

const entries = PACKAGES.flatMap((packageName) =>
  Object.keys(manifestOf(packageName).exports).flatMap((subpath) =>
    filesFor(packageName, subpath).map((file) => ({
      entry: `${packageName}${subpath.slice(1)}, ${relative(join(ROOT, 'packages', packageName), file)}`,
      packageName,
      name: basename(file, '.js'),
      file,
    })),
  ),
);

it.each(entries)(
  '$entry exports the values of its snapshot and nothing else',
  async ({ packageName, name, file }) => {
    const exported = Object.keys((await import(pathToFileURL(file).href)) as object);
    const snapshot = readFileSync(
      join(ROOT, 'test', 'packaging', 'api', `${packageName}.${name}.txt`),
      'utf8',
    );
    const [shown = ''] = snapshot.split('// Reached by the above');
    const declared = [
      ...shown.matchAll(/^export (?:declare )?(?:function|class|const|abstract class) (\w+)/gm),
      ...shown.matchAll(/^export \{ (\w+) \}/gm),
    ].map(([, found]) => found);
    expect(exported.sort()).toEqual([...new Set(declared)].sort());
  },
);

/** The files of ours that an entry loads at once on Node, itself included. */
function filesOf(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) .*?from "(.+?)";$/gm,
  )) {
    if (specifier.startsWith('.')) filesOf(join(file, '..', specifier), found);
    const ours = /^@credex\/(\w+)(?:\/(\w+))?$/.exec(specifier);
    if (ours !== null) filesOf(onNode(ours[1] ?? '', ours[2] === undefined ? '.' : `./${ours[2]}`), found);
  }
  return found;
}

function onNode(packageName: string, subpath: string): string {
  const target = manifestOf(packageName).exports[subpath] as Readonly<Record<string, string>>;
  return join(ROOT, 'packages', packageName, target['node'] ?? target['default'] ?? '');
}

describe.each(PROVIDERS)('@credex/%s', (packageName) => {
  it('is three files with all that it brings', () => {
    const files = [...filesOf(onNode(packageName, '.'))].map((file) =>
      relative(join(ROOT, 'packages'), file),
    );
    expect(files.sort()).toEqual(
      [`${packageName}/dist/index.js`, 'core/dist/node/internal.js', 'vercel/dist/driver.js'].sort(),
    );
  });
});
