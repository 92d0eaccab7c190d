/** The token of the last refresh, in a file that only its user can read, for the other processes of the laptop. */

import type { Stats } from 'node:fs';
import type { SubjectToken } from '@credex/core';
import { parseJson, shown } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import { codeOf, isAbsent } from './failure.js';
import type { Node } from './node.js';

export interface SavedToken {
  /** `undefined` if there is no usable token. The caller checks its claims and its expiry. */
  read(): SubjectToken | undefined;
  write(token: SubjectToken): void;
}

const MAX_BYTES = 65_536;

/**
 * One file per `identity`. The file name is a digest, so that no input chooses it. A problem with the file causes a
 * refresh and a warning, never an error.
 */
export function savedToken(
  node: Node,
  cache: string,
  identity: readonly (string | undefined)[],
  warn: (message: string) => void,
): SavedToken {
  const { fs, path } = node;
  const digest = node.crypto.createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  const name = `${digest}.json`;
  const file = path.join(cache, 'credex', 'vercel', name);
  const report = (what: string, why: string): void => warn(`The token ${what} ${shown(file)}: ${why}.`);

  return {
    read() {
      try {
        if (!fs.existsSync(path.dirname(file))) return undefined;
        const { why } = ownDirectory(node, cache);
        if (why !== undefined) {
          report('is not read from', why);
          return undefined;
        }
        const text = readOwnFile(node, file);
        if (typeof text === 'string')
          return readSubjectToken((parseJson(text) as { readonly token?: unknown }).token);
        report('is not read from', `it is ${text.why}; remove it with \`rm\``);
      } catch (error) {
        if (!isAbsent(error)) report('can not be read from', `${codeOf(error)}; remove it with \`rm\``);
      }
      return undefined;
    },
    write({ jwt }) {
      let made: string | undefined;
      try {
        const { path: directory, why } = ownDirectory(node, cache);
        if (why !== undefined) return report('is not stored in', why);
        // An unpredictable name and a rename: a reader never sees half a token, and no link is followed.
        made = fs.mkdtempSync(path.join(directory, '.new-'));
        const written = path.join(made, name);
        fs.writeFileSync(written, JSON.stringify({ version: 1, token: jwt }), { mode: 0o600, flag: 'wx' });
        fs.renameSync(written, path.join(directory, name));
      } catch (error) {
        report('can not be stored in', `${codeOf(error)}; check that the directory can be written`);
      } finally {
        if (made !== undefined) fs.rmSync(made, { recursive: true, force: true });
      }
    },
  };
}

/** Opens the file without following a link, then checks the open file, so that it cannot be replaced in between. */
function readOwnFile(node: Node, file: string): string | { readonly why: string } {
  const { fs } = node;
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  // Windows has neither of the two flags.
  const descriptor = fs.openSync(file, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  try {
    const stats = fs.fstatSync(descriptor);
    if (!stats.isFile()) return { why: 'not a regular file' };
    if (stats.size > MAX_BYTES) return { why: 'too long' };
    const why = unsafe(node, stats);
    return why === undefined ? fs.readFileSync(descriptor, 'utf8') : { why };
  } finally {
    fs.closeSync(descriptor);
  }
}

/** The reason why a file or directory must not be trusted. Completes "it is …". */
type Unsafe = string | undefined;

/** Windows has no such mode bits; there, the access list protects a home directory. */
function unsafe({ uid }: Node, stats: Stats): Unsafe {
  if (uid === undefined) return undefined;
  if (stats.uid !== uid) return `owned by user ${stats.uid}, not by ${uid}`;
  return (stats.mode & 0o077) === 0 ? undefined : `open to others (mode ${(stats.mode & 0o777).toString(8)})`;
}

/**
 * Creates `{cache}/credex/vercel` with private parts and returns its path. `why` is set if a part is not safe, which
 * includes a symbolic link.
 */
function ownDirectory(node: Node, cache: string): { readonly path: string; readonly why: Unsafe } {
  const { fs, path } = node;
  fs.mkdirSync(cache, { recursive: true });
  let at = cache;
  for (const part of ['credex', 'vercel']) {
    at = path.join(at, part);
    try {
      fs.mkdirSync(at, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const stats = fs.lstatSync(at);
    const why = stats.isDirectory() ? unsafe(node, stats) : 'not a directory';
    if (why !== undefined)
      return { path: at, why: `${shown(at)} is ${why}: run \`chmod 700\` on it, or remove it` };
  }
  return { path: at, why: undefined };
}
