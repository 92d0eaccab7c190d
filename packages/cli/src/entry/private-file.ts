/** Replaces files as a whole; by default only their owner can read them. */

import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

/**
 * Mode 0600, or `mode`, whatever the umask and even if the file existed, and never partially written: a temporary file in the
 * same folder is renamed. A link is replaced, not followed.
 * @throws UsageError `unreadable_file` if the file cannot be written
 */
export async function writePrivately(path: string, text: string, mode = 0o600): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    // `wx` never writes to an existing file.
    const file = await open(temporary, 'wx', mode);
    try {
      await file.chmod(mode);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new UsageError('unreadable_file', `The file ${shown(path)} cannot be written.`, {
      hint: 'Choose a file in an existing folder that you can write to.',
      cause,
    });
  }
}
