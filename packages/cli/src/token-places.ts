/** The places where a token may be, in the order of the search. */

import * as fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { FederationError } from '@credex/core';
import { readRegularFile } from '@credex/core/on-demand';
import type { Io } from './io.js';
import { UsageError } from './usage-error.js';
import { shown } from './visible.js';

export interface TokenPlace {
  readonly kind: 'standard-input' | 'file' | 'variable' | 'env-file' | 'vercel-login';
  /** Completes `the token is from …`. */
  readonly description: string;
  readonly path?: string;
  readonly variable?: string;
}

/** The files that `vercel env pull` and `vercel pull` write, in the order of Next.js. */
const ENV_FILES = [
  '.env.development.local',
  '.env.local',
  '.env',
  ...['development', 'preview', 'production'].map((name) => join('.vercel', `.env.${name}.local`)),
];

export interface Candidate {
  readonly text: string;
  readonly place: TokenPlace;
}

/** Each place is read when the iterator reaches it. @throws UsageError, FederationError if a file cannot be read */
export async function* tokenPlaces({ env, cwd }: Io): AsyncGenerator<Candidate> {
  const file = env['VERCEL_OIDC_TOKEN_FILE'];
  if (file !== undefined && file !== '') {
    const path = resolve(cwd, file);
    const variable = 'VERCEL_OIDC_TOKEN_FILE';
    const place: TokenPlace = {
      kind: 'file',
      description: `the file of ${variable}, ${shown(path)}`,
      path,
      variable,
    };
    yield { text: await readTokenFile(path, variable), place };
  }
  const variable = 'VERCEL_OIDC_TOKEN';
  const text = env[variable];
  if (text !== undefined && text !== '') {
    yield {
      text,
      place: { kind: 'variable', description: `the environment variable ${variable}`, variable },
    };
  }
  for (const folder of await foldersUpward(cwd, env['HOME'])) {
    for (const name of ENV_FILES) {
      const path = join(folder, name);
      const value = parseEnv((await contentsOf(path))?.replace(/^\ufeff/, '') ?? '')[variable];
      if (value === undefined || value === '') continue;
      yield {
        text: value,
        place: { kind: 'env-file', description: `${variable} in ${shown(path)}`, path, variable },
      };
    }
  }
}

/**
 * The folder and its parents up to the root of the repository or the home folder, inclusive: other users may own files above
 * them. Outside of both, only the folder itself.
 */
export async function foldersUpward(cwd: string, home: string | undefined): Promise<readonly string[]> {
  const folders: string[] = [];
  for (let folder = cwd; ; folder = dirname(folder)) {
    folders.push(folder);
    const isRoot = folder === home || (await stat(join(folder, '.git')).catch(() => undefined)) !== undefined;
    if (isRoot) return folders;
    if (folder === dirname(folder)) return [cwd];
  }
}

const MAX_ENV_BYTES = 1_048_576;
const MAX_TOKEN_BYTES = 65_536;

const textOf = (path: string, maxBytes: number): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(readRegularFile(fs, path, maxBytes));

/** The text of an .env file; undefined if there is none. @throws UsageError if it cannot be read */
export async function contentsOf(path: string): Promise<string | undefined> {
  try {
    return textOf(path, MAX_ENV_BYTES);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw new UsageError('unreadable_file', `The file ${shown(path)} cannot be read.`, {
      hint: 'Pass --token-file or `--token -`, or make it a regular file that you can read.',
      cause: error,
    });
  }
}

/** @throws FederationError `no_subject_token` */
export async function readTokenFile(path: string, namedBy: string): Promise<string> {
  try {
    return textOf(path, MAX_TOKEN_BYTES);
  } catch (cause) {
    throw new FederationError({
      code: 'no_subject_token',
      provider: 'vercel',
      message: `The file of ${namedBy} cannot be read: ${shown(path)}.`,
      hint: 'Check that it exists, is a regular file, and that you can read it.',
      cause,
    });
  }
}
