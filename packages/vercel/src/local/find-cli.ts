/** Finds the `vercel` program: in the project's node_modules, if the project's code is running, then on PATH. */

import type { Stats } from 'node:fs';
import { environmentVariable, parseJson, shown } from '@credex/core/internal';
import { readRegularFile } from '@credex/core/on-demand';
import { codeOf, failure } from './failure.js';
import { isInside } from './node.js';
import type { Node } from './node.js';

export interface CliProgram {
  readonly command: string;
  /** Arguments that precede ours. */
  readonly args: readonly string[];
  /** For errors. */
  readonly shown: string;
}

/**
 * Searches node_modules of `directory` and of its parents up to `top`, then PATH. It searches node_modules only if the
 * script of this process is below `top`: another tool (`aws` with its credential_process) may run in a folder with
 * untrusted content, and must not run a program from it.
 */
export function findCli(node: Node, directory: string, top: string): CliProgram {
  const { path } = node;
  const skipped: string[] = [];
  const folders: string[] = [];
  const isOwnCode = node.main !== undefined && isInside(node, top, node.main);
  for (let at = directory; isOwnCode; at = path.dirname(at)) {
    folders.push(path.join(at, 'node_modules', '.bin'));
    if (at === top || at === path.dirname(at)) break;
  }
  // Relative folders of PATH are skipped: they would run programs from the working directory.
  const onPath = (environmentVariable('PATH') ?? environmentVariable('Path') ?? '').split(path.delimiter);
  for (const folder of [...folders, ...onPath.filter((one) => path.isAbsolute(one))]) {
    const found = node.platform === 'win32' ? onWindows(node, folder) : executable(node, folder, skipped);
    if (found !== undefined) return found;
  }
  throw failure({
    code: 'no_subject_token',
    message: `The Vercel CLI was not found: there is no \`vercel\` ${folders.length === 0 ? '' : `in node_modules/.bin of ${shown(directory)} or `}on PATH${skipped.map((why) => `; ${why}`).join('')}.`,
    hint: 'Run `npm install --global vercel`, then `vercel login`.',
  });
}

function executable(node: Node, folder: string, skipped: string[]): CliProgram | undefined {
  const { fs, path } = node;
  const file = path.join(folder, 'vercel');
  try {
    const real = fs.realpathSync(file);
    const stats = fs.statSync(real);
    if (!stats.isFile()) return undefined;
    fs.accessSync(real, fs.constants.X_OK);
    const why =
      untrusted(node, stats) ??
      untrusted(node, fs.statSync(path.dirname(real))) ??
      untrusted(node, fs.statSync(folder));
    // The path as found, not resolved: a package manager's wrapper finds its package relative to itself.
    if (why === undefined) return { command: file, args: [], shown: shown(file) };
    skipped.push(`${shown(file)} was skipped, because it or its folder is ${why}`);
  } catch (error) {
    if (codeOf(error) === 'EACCES') skipped.push(`${shown(file)} can not be run (EACCES)`);
  }
  return undefined;
}

/** The reason why another user could have put the program there, where it would run with our rights. */
function untrusted({ uid }: Node, stats: Stats): string | undefined {
  if (uid !== undefined && stats.uid !== uid && stats.uid !== 0) return `owned by user ${stats.uid}`;
  return (stats.mode & 0o002) === 0 ? undefined : 'writable by all users';
}

/** Without a shell, Windows cannot start a `.cmd`, so Node runs the script behind it. */
function onWindows({ fs, path, execPath }: Node, folder: string): CliProgram | undefined {
  const program = path.join(folder, 'vercel.exe');
  if (fs.existsSync(program)) return { command: program, args: [], shown: shown(program) };
  // For `node_modules/.bin`, the packages are one level up; for a global `vercel.cmd`, they are in `node_modules` next to it.
  for (const parent of [path.dirname(folder), path.join(folder, 'node_modules')]) {
    const manifest = path.join(parent, 'vercel', 'package.json');
    if (path.basename(parent) !== 'node_modules' || !fs.existsSync(manifest)) continue;
    const script = binOf(new TextDecoder().decode(readRegularFile(fs, manifest, 1_048_576)));
    const file = script === undefined ? undefined : path.join(parent, 'vercel', script);
    if (file !== undefined && fs.existsSync(file))
      return { command: execPath, args: [file], shown: shown(file) };
  }
  return undefined;
}

function binOf(manifest: string): string | undefined {
  try {
    const { bin } = parseJson(manifest) as { readonly bin?: unknown };
    const named: unknown =
      typeof bin === 'object' && bin !== null ? (bin as Record<string, unknown>)['vercel'] : bin;
    return typeof named === 'string' ? named : undefined;
  } catch {
    // A package without a readable manifest is skipped.
    return undefined;
  }
}
