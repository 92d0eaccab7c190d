/** The `vercel` program: the project's own, where the project's own code runs; then the one on PATH. */

import type { Stats } from 'node:fs';
import { environmentVariable, parseJson, readRegularFile, shown } from '@credex/core/driver';
import { codeOf, failure } from './failure.js';
import { isInside } from './node.js';
import type { Node } from './node.js';

export interface CliProgram {
  readonly command: string;
  /** What stands before our own arguments. */
  readonly args: readonly string[];
  /** For errors. */
  readonly shown: string;
}

/**
 * Looks in node_modules of `directory` and above it as far as `top`, then along PATH. Only a process whose own script is
 * below `top` looks there: a tool from elsewhere (`aws` and its credential_process) may stand in a folder that somebody
 * else filled, and must run nothing out of it.
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
  // A relative folder of PATH would run what lies in the directory of the moment.
  const onPath = (environmentVariable('PATH') ?? environmentVariable('Path') ?? '').split(path.delimiter);
  for (const folder of [...folders, ...onPath.filter((one) => path.isAbsolute(one))]) {
    const found = node.platform === 'win32' ? onWindows(node, folder) : executable(node, folder, skipped);
    if (found !== undefined) return found;
  }
  throw failure({
    code: 'no_subject_token',
    message: `The Vercel CLI is not found: no \`vercel\` ${folders.length === 0 ? '' : `in node_modules/.bin of ${shown(directory)} or `}on PATH${skipped.map((why) => `; ${why}`).join('')}.`,
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
      strange(node, stats) ??
      strange(node, fs.statSync(path.dirname(real))) ??
      strange(node, fs.statSync(folder));
    // As it was found: a wrapper of a package manager looks for its package beside itself.
    if (why === undefined) return { command: file, args: [], shown: shown(file) };
    skipped.push(`${shown(file)} is not run, since it, or its folder, is ${why}`);
  } catch (error) {
    if (codeOf(error) === 'EACCES') skipped.push(`${shown(file)} can not be run (EACCES)`);
  }
  return undefined;
}

/** Somebody else could have put the program there: it would run with our rights. */
function strange({ uid }: Node, stats: Stats): string | undefined {
  if (uid !== undefined && stats.uid !== uid && stats.uid !== 0) return `owned by user ${stats.uid}`;
  return (stats.mode & 0o002) === 0 ? undefined : 'writable by everybody';
}

/** Without a shell Windows starts no `.cmd`: the script behind it is started by Node. */
function onWindows({ fs, path, execPath }: Node, folder: string): CliProgram | undefined {
  const program = path.join(folder, 'vercel.exe');
  if (fs.existsSync(program)) return { command: program, args: [], shown: shown(program) };
  // In `node_modules/.bin` the packages are one level up, beside a global `vercel.cmd` they are in `node_modules`.
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
    // A package without a readable manifest is none.
    return undefined;
  }
}
