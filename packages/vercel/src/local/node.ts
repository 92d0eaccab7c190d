/**
 * Node's built-in modules, looked up when needed, so that a bundler for another runtime sees no import of them even if
 * the entry of this package leads here.
 */

import { builtinModule } from '@credex/core/internal';

interface Builtins {
  'node:child_process': typeof import('node:child_process');
  'node:crypto': typeof import('node:crypto');
  'node:diagnostics_channel': typeof import('node:diagnostics_channel');
  'node:fs': typeof import('node:fs');
  'node:os': typeof import('node:os');
  'node:path': typeof import('node:path');
}

interface NodeProcess {
  cwd(): string;
  readonly platform: string;
  readonly execPath: string;
  readonly argv: readonly string[];
  getuid?(): number;
}

/** The parts of Node that a laptop provides. */
export interface Node {
  readonly childProcess: Builtins['node:child_process'];
  readonly crypto: Builtins['node:crypto'];
  readonly diagnostics: Builtins['node:diagnostics_channel'];
  readonly fs: Builtins['node:fs'];
  readonly os: Builtins['node:os'];
  readonly path: Builtins['node:path'];
  readonly cwd: string;
  /** `linux`, `darwin`, `win32`, … */
  readonly platform: string;
  /** The program that runs this process. */
  readonly execPath: string;
  /** The script that this process was started with. */
  readonly main: string | undefined;
  /** `undefined` on Windows, which has no numeric user ids. */
  readonly uid: number | undefined;
}

const get = <Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined =>
  builtinModule(name) as Builtins[Name] | undefined;

/** `undefined` in a runtime without files and processes. */
export function node(): Node | undefined {
  const found = (globalThis as { readonly process?: NodeProcess }).process;
  if (found === undefined) return undefined;
  const [childProcess, crypto, fs] = [get('node:child_process'), get('node:crypto'), get('node:fs')];
  const [os, path, diagnostics] = [get('node:os'), get('node:path'), get('node:diagnostics_channel')];
  if (!childProcess || !crypto || !fs || !os || !path || !diagnostics) return undefined;
  return {
    childProcess,
    crypto,
    diagnostics,
    fs,
    os,
    path,
    cwd: found.cwd(),
    platform: found.platform,
    execPath: found.execPath,
    main: found.argv[1],
    uid: found.getuid?.(),
  };
}

/** True if a path is the folder or below it, by text only. */
export function isInside({ path }: Node, folder: string, other: string): boolean {
  const way = path.relative(folder, other);
  return !path.isAbsolute(way) && way.split(path.sep)[0] !== '..';
}
