/** An installation as a user's: tarballs in an empty folder, by npm, without a network. */

import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tarballOf } from '../../scripts/pack.mjs';
import type { Ended } from './packages.js';
import { ROOT, command, manifestOf } from './packages.js';

/** Installs the tarballs of the packages. Any other package would need the network, and npm would fail. */
export async function install(folder: string, packageNames: readonly string[]): Promise<void> {
  const dependencies = Object.fromEntries(
    packageNames.map((packageName) => [manifestOf(packageName).name, `file:${tarballOf(packageName)}`]),
  );
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, name: 'user', type: 'module', dependencies }),
  );
  const flags = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const { code, stderr } = await command('npm', ['install', ...flags], folder);
  if (code !== 0) throw new Error(`npm install failed: ${stderr}`);
}

/** Unpacks a tarball where npm would put it: for a package whose dependencies only a registry has. */
export async function unpack(folder: string, packageName: string): Promise<void> {
  const target = join(folder, 'node_modules', manifestOf(packageName).name);
  mkdirSync(target, { recursive: true });
  const { code, stderr } = await command(
    'tar',
    ['-xzf', tarballOf(packageName), '--strip-components=1', '-C', target],
    folder,
  );
  if (code !== 0) throw new Error(`tar failed: ${stderr}`);
}

/** Links other packages, which this package was developed with, into the installation. */
export function link(folder: string, packageName: string, names: readonly string[]): void {
  for (const name of names) {
    const target = join(folder, 'node_modules', name);
    if (existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(realpathSync(join(ROOT, 'packages', packageName, 'node_modules', name)), target, 'junction');
  }
}

/** Runs a module's text with the folder's packages in reach. */
export function runModule(folder: string, text: string, ...flags: readonly string[]): Promise<Ended> {
  return command(process.execPath, [...flags, '--input-type=module', '--eval', text], folder);
}
