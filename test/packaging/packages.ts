/** What the tests of this folder know of the packages, read from their manifests. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageNames } from '../../scripts/workspace.mjs';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));
export const PACKAGES: readonly string[] = packageNames();
export const PROVIDERS = ['aws', 'azure', 'gcp'] as const;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly main?: string;
  readonly types?: string;
  readonly typesVersions?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export function manifestOf(packageName: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, 'packages', packageName, 'package.json'), 'utf8')) as Manifest;
}

/** What users write to import each module: `@credex/aws`, `@credex/aws/client-sts`. */
export function specifiersOf(packageName: string): string[] {
  const { name, exports } = manifestOf(packageName);
  return Object.keys(exports)
    .filter((subpath) => !subpath.endsWith('.json'))
    .map((subpath) => name + subpath.slice(1));
}

/** None, except that the code of a worker listens when it is imported. */
export const sideEffectsOf = (packageName: string): false | readonly string[] =>
  packageName === 'explain' ? ['./dist/worker.js', './dist/worker-node.js'] : false;

/** The folder name of one of our packages; undefined for other packages. */
const roomOf = (name: string): string | undefined =>
  name === 'credex' ? name : /^@credex\/(.+)$/.exec(name)?.[1];

/** The packages that are installed with a package, itself included. */
export function closureOf(packageName: string): string[] {
  const found = new Set<string>();
  const add = (one: string): void => {
    if (found.has(one)) return;
    found.add(one);
    for (const name of Object.keys(manifestOf(one).dependencies ?? {})) {
      const ours = roomOf(name);
      if (ours !== undefined) add(ours);
    }
  };
  add(packageName);
  return [...found].sort();
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command without what npm and pnpm left in the environment for it. */
export function command(
  file: string,
  args: readonly string[],
  cwd: string,
  alsoOnPath: readonly string[] = [],
): Promise<Ended> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm|pnpm|vitest|node_options)/i.test(name));
  const env = Object.fromEntries([...kept, ['NO_COLOR', '1']]) as NodeJS.ProcessEnv;
  env['PATH'] = [...alsoOnPath, process.env['PATH'] ?? ''].join(delimiter);
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr: error === null ? stderr : stderr || error.message });
    });
  });
}

/** An empty folder for one test file; the second value removes it. */
export function emptyFolder(): readonly [string, () => void] {
  const folder = mkdtempSync(join(tmpdir(), 'credex-packaging-'));
  return [folder, () => rmSync(folder, { recursive: true, force: true })];
}
