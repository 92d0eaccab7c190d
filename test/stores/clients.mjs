/** The clients and engines that only the proofs of stores need: installed once, outside of the workspace. */

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { run } from '../../scripts/workspace.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const FILES = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];

/**
 * The folder of the installation; installs it if the lockfile has changed since the last run.
 * @returns {string}
 */
export function installedClients() {
  const texts = FILES.map((file) => readFileSync(join(HERE, file), 'utf8'));
  const state = createHash('sha256')
    .update([process.version, ...texts].join('\0'))
    .digest('hex')
    .slice(0, 12);
  const target = join(process.env['CREDEX_STORES_FOLDER'] ?? tmpdir(), `credex-stores-${state}`);
  if (existsSync(target)) return target;
  const folder = mkdtempSync(`${target}-`);
  for (const file of FILES) cpSync(join(HERE, file), join(folder, file));
  const { packageManager } = JSON.parse(texts[0]);
  const args = ['--yes', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'];
  if (!run('npx', args, { cwd: folder })) throw new Error('The clients could not be installed; see above.');
  try {
    renameSync(folder, target);
  } catch {
    // Another process was faster.
    rmSync(folder, { recursive: true });
  }
  return target;
}

/**
 * A module of the installation, by the name of its package.
 * @param {string} name
 * @returns {Promise<Record<string, unknown>>}
 */
export async function client(name) {
  const require = createRequire(join(installedClients(), 'package.json'));
  const loaded = await import(pathToFileURL(require.resolve(name)).href);
  // Of CommonJS, whose names are not always found.
  return { ...loaded.default, ...loaded };
}
