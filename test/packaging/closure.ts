/** What `npm install <package of ours>` brings from a registry, installed by npm from tarballs without one. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tarballOf } from '../../scripts/pack.mjs';
import { ROOT, closureOf, command, manifestOf } from './packages.js';

interface Installed {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The folders of other people's packages in the closure, by name, as the workspace has them. */
function others(rooms: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (modules: string, name: string): void => {
    if (/^(?:@credex\/|credex$)/.test(name) || !existsSync(join(modules, name))) return;
    const folder = realpathSync(join(modules, name));
    const known = found.get(name);
    if (known !== undefined && known !== folder)
      throw new Error(`Two versions of ${name}: ${known}, ${folder}`);
    if (known !== undefined) return;
    found.set(name, folder);
    const { dependencies, optionalDependencies, peerDependencies } = read(folder);
    // pnpm puts what a package depends on beside it; npm installs peers too.
    const beside = folder.slice(0, -name.length - 1);
    for (const inner of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
      add(beside, inner);
  };
  for (const room of rooms)
    for (const name of Object.keys(manifestOf(room).dependencies ?? {}))
      add(join(ROOT, 'packages', room, 'node_modules'), name);
  return found;
}

const read = (folder: string): Installed =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Installed;

/** @returns the names of all that is installed then */
export async function installClosure(folder: string, room: string): Promise<readonly string[]> {
  const rooms = closureOf(room);
  const dependencies: Record<string, string> = {};
  for (const one of rooms) dependencies[manifestOf(one).name] = `file:${tarballOf(one)}`;
  const packed = join(folder, '.tarballs');
  mkdirSync(packed);
  for (const [name, source] of others(rooms)) {
    const file = join(packed, `${name.replaceAll(/[@/]/g, '-')}.tgz`);
    execFileSync('tar', [
      '-czf',
      file,
      '--hard-dereference',
      '--transform=s,^\\.,package,',
      '-C',
      source,
      '.',
    ]);
    dependencies[name] = `file:${file}`;
  }
  const manifest = { private: true, name: 'user', type: 'module', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const flags = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const { code, stderr } = await command('npm', ['install', ...flags], folder);
  if (code !== 0) throw new Error(`npm install failed: ${stderr}`);
  return Object.keys(dependencies);
}
