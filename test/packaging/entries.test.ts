/** What an entry exports when it runs is what its snapshot says, and what a starting process loads is few files. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PROVIDERS, ROOMS, ROOT, manifestOf } from './packages.js';

const entries = ROOMS.flatMap((room) =>
  Object.entries(manifestOf(room).exports).flatMap(([subpath, target]) => {
    const file = typeof target === 'string' ? undefined : target['default'];
    if (file === undefined || !file.endsWith('.js')) return [];
    const name = file.slice('./dist/'.length, -'.js'.length);
    return [{ entry: `${room}${subpath.slice(1)}`, room, name, file: join(ROOT, 'packages', room, file) }];
  }),
);

it.each(entries)(
  '$entry exports the values of its snapshot and nothing else',
  async ({ room, name, file }) => {
    const exported = Object.keys((await import(pathToFileURL(file).href)) as object);
    const snapshot = readFileSync(join(ROOT, 'test', 'packaging', 'api', `${room}.${name}.txt`), 'utf8');
    const [shown = ''] = snapshot.split('// Reached by the above');
    const declared = [
      ...shown.matchAll(/^export (?:declare )?(?:function|class|const|abstract class) (\w+)/gm),
      ...shown.matchAll(/^export \{ (\w+) \}/gm),
    ].map(([, found]) => found);
    expect(exported.sort()).toEqual([...new Set(declared)].sort());
  },
);

/** The files of ours that an entry loads at once, itself included. */
function filesOf(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) .*?from "(.+?)";$/gm,
  )) {
    if (specifier.startsWith('.')) filesOf(join(file, '..', specifier), found);
    const ours = /^@credex\/(\w+)(?:\/(\w+))?$/.exec(specifier);
    if (ours !== null)
      filesOf(join(ROOT, 'packages', ours[1] ?? '', 'dist', `${ours[2] ?? 'index'}.js`), found);
    if (specifier === '#transport') filesOf(join(ROOT, 'packages/core/dist/node-transport.js'), found);
  }
  return found;
}

describe.each(PROVIDERS)('@credex/%s', (room) => {
  it('is seven files with all that it brings', () => {
    const files = filesOf(join(ROOT, 'packages', room, 'dist', 'index.js'));
    expect([...files].map((file) => file.slice(join(ROOT, 'packages').length + 1)).sort()).toHaveLength(7);
  });
});
