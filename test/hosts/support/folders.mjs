// Fresh folders: a fixture's files, links to what its manifest names, and our packages unpacked from their tarballs.
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tarballOf } from '../../../scripts/pack.mjs';
import { succeed } from './children.mjs';

const HOSTS = fileURLToPath(new URL('..', import.meta.url));
const FIXTURE = join(HOSTS, 'support', 'fixture');

const manifestAt = (path) => JSON.parse(readFileSync(path, 'utf8'));
const roomOf = (name) => (name === 'credex' ? name : /^@credex\/(.+)$/.exec(name)?.[1]);

async function unpack(folder, packageName, unpacked) {
  if (unpacked.has(packageName)) return;
  const { name } = manifestAt(join(HOSTS, '..', '..', 'packages', packageName, 'package.json'));
  const target = join(folder, 'node_modules', name);
  await mkdir(target, { recursive: true });
  await succeed('tar', ['-xzf', tarballOf(packageName), '--strip-components=1', '-C', target], {
    env: process.env,
  });
  unpacked.set(packageName, manifestAt(join(target, 'package.json')));
  for (const dependency of Object.keys(unpacked.get(packageName).dependencies ?? {})) {
    const inner = roomOf(dependency);
    if (inner !== undefined) await unpack(folder, inner, unpacked);
  }
}

async function link(folder, name, installed) {
  const target = join(folder, 'node_modules', name);
  if (existsSync(target)) return;
  const from = join(installed, 'node_modules', name);
  if (!existsSync(from))
    throw new Error(`${name} is not installed in ${installed}: is it in the package.json there?`);
  await mkdir(dirname(target), { recursive: true });
  await symlink(relative(await realpath(dirname(target)), await realpath(from)), target, 'dir');
}

const PLAIN = { name: 'user', private: true, type: 'module' };

/** What is unpacked is named too, as `npm install` does: Deno imports nothing else. */
async function writeManifest(folder, manifest, unpacked) {
  const ours = Object.fromEntries(Array.from(unpacked.values(), ({ name, version }) => [name, version]));
  const whole = { ...manifest, dependencies: { ...manifest.dependencies, ...ours } };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(whole, undefined, 2)}\n`);
}

/**
 * @param {string} work The folder of this run.
 * @returns `folder(name, options)`: a fresh folder.
 * - `packages`: folders of `packages/` to unpack; what they depend on comes with them.
 * - `from`: a fixture below test/hosts, such as `next/app`: its files are copied. Where it has a package.json, it is a
 *   package of the suite's workspace, and what its manifest names is linked.
 * - `links`: names of more packages to link from `from`'s installation (by default that of the group's package.json).
 * - `empty`: nothing at all is put into it.
 */
export function folders(work) {
  return async (name, { packages = [], from, links = [], empty = false } = {}) => {
    const folder = join(work, 'apps', name);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    if (empty) return folder;
    await cp(FIXTURE, folder, { recursive: true });
    const source = from === undefined ? undefined : join(HOSTS, from);
    if (source !== undefined)
      await cp(source, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });

    const unpacked = new Map();
    for (const packageName of packages) await unpack(folder, packageName, unpacked);
    const install = join(work, 'install');
    for (const manifest of unpacked.values())
      for (const dependency of Object.keys(manifest.dependencies ?? {}))
        if (roomOf(dependency) === undefined) await link(folder, dependency, install);

    const hasManifest = source !== undefined && existsSync(join(source, 'package.json'));
    const manifest = hasManifest ? manifestAt(join(source, 'package.json')) : PLAIN;
    await writeManifest(folder, manifest, unpacked);
    if (source === undefined) return folder;

    const named = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    const installed = join(install, hasManifest ? from : from.split('/')[0]);
    for (const dependency of [...named, ...links]) await link(folder, dependency, installed);
    return folder;
  };
}
