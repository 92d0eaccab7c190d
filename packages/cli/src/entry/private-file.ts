/** Files that only their owner reads, whole at every moment. */

import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

/**
 * Mode 0600 whatever was there before, and never half written: a temporary file in the same folder is renamed. A link is replaced, not followed.
 * @throws UsageError `unreadable_file` where the folder takes no file
 */
export async function writePrivately(path: string, text: string): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    // `wx`: nothing that somebody else has put there is written to.
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true });
    throw new UsageError('unreadable_file', `The file ${shown(path)} can not be written.`, {
      hint: 'Name one in a folder that exists and that you may write to.',
      cause,
    });
  }
}
