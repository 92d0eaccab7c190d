/** A directory that only its owner can read, and checks of its files. */

import { shown } from '@credex/core/driver';
import type { Stats } from 'node:fs';
import type { Node } from './node.js';

/** The reason why a file or directory must not be trusted. Completes "it is …". */
export type Unsafe = string | undefined;

/** Windows has no such mode bits; there, the access list protects a home directory. */
export function unsafe({ uid }: Node, stats: Stats): Unsafe {
  if (uid === undefined) return undefined;
  if (stats.uid !== uid) return `owned by user ${stats.uid}, not by ${uid}`;
  return (stats.mode & 0o077) === 0 ? undefined : `open to others (mode ${(stats.mode & 0o777).toString(8)})`;
}

/**
 * Creates `{cache}/credex/vercel` with private parts and returns its path. `why` is set if a part is not safe, which
 * includes a symbolic link.
 */
export function ownDirectory(node: Node, cache: string): { readonly path: string; readonly why: Unsafe } {
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
