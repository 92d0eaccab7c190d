/** Writes the files of `credex init`. A file that a person may have changed is not overwritten. */

import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { readRegularFile } from '@credex/core/on-demand';
import { makeFolder } from '../entry/new-folder.js';
import { writePrivately } from '../entry/private-file.js';
import { assertInside } from './inside-folder.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

export type Status = 'created' | 'changed' | 'unchanged';

export interface WrittenFile {
  /** Relative to the working directory. */
  readonly path: string;
  readonly status: Status;
}

/**
 * @throws UsageError if a file has another content and `isForced` is false, and if a linked folder leads out of it; nothing was
 * written then
 */
export async function writeFiles(
  directory: string,
  files: Readonly<Record<string, string>>,
  isForced: boolean,
): Promise<readonly WrittenFile[]> {
  await assertInside(directory, Object.keys(files));
  const wanted: (WrittenFile & { readonly text: string })[] = [];
  for (const [path, text] of Object.entries(files)) {
    const before = await contentOf(join(directory, path));
    const status = before === undefined ? 'created' : before === text ? 'unchanged' : 'changed';
    wanted.push({ path, text, status });
  }
  const changed = wanted.filter(({ status }) => status === 'changed').map(({ path }) => path);
  if (changed.length > 0 && !isForced)
    throw new UsageError(
      'conflicting_arguments',
      `${changed.map(shown).join(', ')} ${changed.length === 1 ? 'exists' : 'exist'} with another content. Nothing was written.`,
      { hint: 'Move what you need to other files, or pass --force to overwrite.' },
    );
  for (const { path, text, status } of wanted) {
    if (status === 'unchanged') continue;
    await makeFolder(dirname(join(directory, path)), { hint: HINT });
    // Replaces a link: the folder may be somebody else's work.
    await writePrivately(join(directory, path), text, 0o644);
  }
  return wanted.map(({ path, status }) => ({ path, status }));
}

const HINT = 'Run `credex init` in a folder that you can write to.';
const MOST_BYTES = 1_048_576;

/** With the mark of the byte order, if there is one. @throws UnreadableFile, or Node's error */
export const textOf = (path: string): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(readRegularFile(fs, path, MOST_BYTES));

/** Undefined if there is no such file. @throws UsageError */
export async function contentOf(path: string): Promise<string | undefined> {
  try {
    return textOf(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError('unreadable_file', `The file ${shown(path)} cannot be read.`, {
      hint: 'Make it a regular file of at most 1 MiB that you can read.',
      cause,
    });
  }
}
