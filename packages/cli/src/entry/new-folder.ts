/** Folders that a command makes. */

import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

/**
 * Makes the folder and its parents; one that exists stays as it is.
 * @throws UsageError `unreadable_file` if it cannot be made
 */
export async function makeFolder(
  path: string,
  { hint, mode }: { hint: string; mode?: number },
): Promise<void> {
  try {
    await mkdir(path, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  } catch (cause) {
    throw notMade(`The folder ${shown(path)} cannot be made`, hint, cause);
  }
}

/**
 * Makes a folder with a new name in `parent`, which the environment variable `variable` names.
 * @throws UsageError `unreadable_file` if it cannot be made
 */
export async function makeTemporaryFolder(parent: string, prefix: string, variable: string): Promise<string> {
  try {
    return await mkdtemp(join(parent, prefix));
  } catch (cause) {
    const hint = `Set ${variable} to an existing folder that you can write to.`;
    throw notMade(`A folder cannot be made in ${shown(parent)}`, hint, cause);
  }
}

function notMade(what: string, hint: string, cause: unknown): UsageError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  return new UsageError('unreadable_file', `${what}: ${shown(code)}.`, { hint, cause });
}
