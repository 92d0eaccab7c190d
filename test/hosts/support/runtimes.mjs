// Where each runtime is: those of test/runtime, and what this suite installs itself.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { arch } from 'node:process';
import { root } from '../../../scripts/workspace.mjs';
import { work } from './install.mjs';

const cpu = arch === 'arm64' ? 'arm64' : 'x64';
const ofTests = (path) => join(root, 'test', 'runtime', 'node_modules', path);

const FILES = {
  node20: process.execPath,
  node22: ofTests(`node22-linux-${cpu}/bin/node`),
  node24: ofTests(`node24-linux-${cpu}/bin/node`),
  node26: join(work, 'install', 'runtimes', 'node_modules', `node26-linux-${cpu}`, 'bin', 'node'),
  bun: ofTests(`@oven/bun-linux-${cpu === 'arm64' ? 'aarch64' : 'x64'}/bin/bun`),
  deno: ofTests(`@deno/linux-${cpu}-glibc/deno`),
};

/** The paths of `node20`, `node22`, `node24`, `node26`, `bun` and `deno`; reading one that is not installed throws. */
export const runtimes = new Proxy(FILES, {
  get(files, name) {
    const file = files[name];
    if (file === undefined) throw new Error(`There is no runtime ${String(name)}.`);
    if (!existsSync(file)) throw new Error(`${String(name)} is not installed: ${file} is missing.`);
    return file;
  },
});
