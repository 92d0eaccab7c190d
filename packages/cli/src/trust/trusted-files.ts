/** The configurations that the user consented to run, by path and content. Stored in the user's folder. */

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { realpath } from 'node:fs/promises';
import { homedir, platform } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { parseJson } from '@credex/core/internal';
import { readRegularFile } from '@credex/core/on-demand';
import { makeFolder } from '../entry/new-folder.js';
import { writePrivately } from '../entry/private-file.js';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

/** A file with its current content. */
export interface ConfigurationFile {
  /** Absolute, without links. */
  readonly path: string;
  /** SHA-256 of its bytes, hexadecimal. */
  readonly digest: string;
}

const MOST_BYTES = 1_048_576;

/** @throws UsageError `unreadable_file` */
export async function configurationFile(path: string): Promise<ConfigurationFile> {
  try {
    const real = await realpath(path);
    const digest = createHash('sha256')
      .update(readRegularFile(fs, real, MOST_BYTES))
      .digest('hex');
    return { path: real, digest };
  } catch (cause) {
    throw new UsageError('unreadable_file', `The file ${shown(path)} cannot be read.`, {
      hint: 'Check that it exists, is a regular file of at most 1 MiB, and that you can read it.',
      cause,
    });
  }
}

export async function isTrusted(io: Io, { path, digest }: ConfigurationFile): Promise<boolean> {
  return trustedFiles(io).get(path) === digest;
}

export async function trust(io: Io, { path, digest }: ConfigurationFile): Promise<void> {
  await write(io, trustedFiles(io).set(path, digest));
}

/** @returns whether it was trusted */
export async function revoke(io: Io, path: string): Promise<boolean> {
  const files = trustedFiles(io);
  const was = files.delete(await realpath(path).catch(() => path));
  if (was) await write(io, files);
  return was;
}

/** Digests by path. Empty if the list cannot be read. */
export function trustedFiles(io: Io): Map<string, string> {
  try {
    const document = parseJson(new TextDecoder().decode(readRegularFile(fs, placeOf(io), MOST_BYTES)));
    const { files } = document as { readonly files?: Readonly<Record<string, unknown>> };
    return new Map(
      Object.entries(files ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    // No such file, or not one that credex wrote: no consent was given.
    return new Map();
  }
}

async function write(io: Io, files: ReadonlyMap<string, string>): Promise<void> {
  const place = placeOf(io);
  await makeFolder(dirname(place), {
    mode: 0o700,
    hint: `Set ${VARIABLE} to a folder that you can write to.`,
  });
  await writePrivately(
    place,
    `${JSON.stringify({ version: 1, files: Object.fromEntries(files) }, null, 2)}\n`,
  );
}

const VARIABLE = platform() === 'win32' ? 'APPDATA' : 'XDG_CONFIG_HOME';

/** `$XDG_CONFIG_HOME/credex`, else `~/.config/credex`; on Windows `%APPDATA%\\credex`. */
function placeOf({ env }: Io): string {
  const given = env[VARIABLE];
  const home = env['HOME'] || homedir();
  const folder = given !== undefined && isAbsolute(given) ? given : join(home, '.config');
  return join(folder, 'credex', 'trusted.json');
}
