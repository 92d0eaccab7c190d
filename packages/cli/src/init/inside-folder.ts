/** What `credex init` writes stays in the folder: it may be somebody else's work, and so may its links. */

import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { Io } from '../io.js';
import { foldersUpward } from '../token-places.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

/**
 * A link in the place of a file is replaced; here it is about the folders that the files are in.
 * @throws UsageError if one of them is no folder, or leads out of `directory`
 */
export async function assertInside(directory: string, paths: readonly string[]): Promise<void> {
  const root = await realpath(directory);
  for (const folder of new Set(paths.map((path) => dirname(path)))) await assertFolder(root, folder);
}

/** `folder`, or the first of its parents that exists. */
async function assertFolder(root: string, folder: string): Promise<void> {
  const path = join(root, folder);
  if (path === root) return;
  // A link that leads nowhere exists, too.
  if ((await lstat(path).catch(() => undefined)) === undefined) return assertFolder(root, dirname(folder));
  const real = await realpath(path).catch(() => undefined);
  const isFolder = real !== undefined && (await stat(real)).isDirectory();
  if (isFolder && isWithin(root, real)) return;
  throw new UsageError(
    'unreadable_file',
    isFolder
      ? `${shown(folder)} leads out of the folder, to ${shown(real)}. Nothing was written.`
      : `${shown(folder)} is not a folder. Nothing was written.`,
    { hint: 'Remove it, or move it away: `credex init` makes a folder in its place.' },
  );
}

/**
 * The file that a link in the place of `path` leads to, `path` itself if there is none, and undefined if the file does not exist.
 * @throws UsageError if the file is neither in the folder nor in its Git repository
 */
export async function followed(
  { cwd, env }: Pick<Io, 'cwd' | 'env'>,
  path: string,
): Promise<string | undefined> {
  let real: string;
  try {
    real = await realpath(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError('unreadable_file', `The file ${shown(path)} cannot be read.`, {
      hint: 'Make it a regular file that you can read.',
      cause,
    });
  }
  const folder = await realpath(cwd);
  const home = env['HOME'] && (await realpath(env['HOME']).catch(() => undefined));
  const upward = await foldersUpward(folder, home || undefined);
  const last = upward.at(-1) ?? folder;
  // Not the folder of the user, where the search ends.
  const root = last === home ? folder : last;
  if (isWithin(root, real)) return real;
  throw new UsageError(
    'unreadable_file',
    `${shown(path)} leads out of the project, to ${shown(real)}. Nothing was written.`,
    {
      hint: 'Replace the link by a regular file, or run `credex init` in the project that the file belongs to.',
    },
  );
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
