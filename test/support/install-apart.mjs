/** Clients that only some proofs need: installed once for each lockfile, outside of the workspace. */

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../scripts/workspace.mjs';

const FILES = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];

/**
 * The folder of the installation; installs it if the lockfile has changed since the last run. It is below the temporary
 * folder, or below the one that the variable `CREDEX_{NAME}_FOLDER` names.
 * @param {string} from The folder with the manifest and the lockfile.
 * @param {string} name Of the installation: `stores`.
 * @returns {string}
 */
export function installApart(from, name) {
  const texts = FILES.map((file) => readFileSync(join(from, file), 'utf8'));
  const state = createHash('sha256')
    .update([process.version, ...texts].join('\0'))
    .digest('hex')
    .slice(0, 12);
  const variable = `CREDEX_${name.replaceAll('-', '_').toUpperCase()}_FOLDER`;
  const target = join(process.env[variable] ?? tmpdir(), `credex-${name}-${state}`);
  if (existsSync(target)) return target;
  const folder = mkdtempSync(`${target}-`);
  for (const file of FILES) cpSync(join(from, file), join(folder, file));
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
