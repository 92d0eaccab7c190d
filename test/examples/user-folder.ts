/** A user's folder: our packages as built, and the clouds' SDKs in the versions that fit each other. */

import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { ROOT } from './readme-blocks.js';

const INSTALLED = join(ROOT, 'test', 'node_modules');
const SCOPES = ['@aws-sdk', '@azure', '@types'];
const COPIED = ['aws', 'azure', 'config', 'core', 'explain', 'gcp', 'store', 'vercel', 'verify'];
/** Vercel's own package, in the version that our package with this peer is developed with. */
const OF_VERCEL = '@vercel/functions';
/** The API package, in the version that our package with a listener for it is developed with. */
const OPENTELEMETRY = '@opentelemetry/api';
/** The servers, in the versions that our package with their adapters is developed with. */
const FRAMEWORKS = ['express', '@types/express', 'fastify', 'hono', 'jose'];

export interface UserFolder {
  readonly path: string;
  remove(): void;
}

export async function userFolder(files: Readonly<Record<string, string>>): Promise<UserFolder> {
  await ensureBuilt();
  const path = mkdtempSync(join(tmpdir(), 'credex-readme-'));
  const link = (name: string, target: string): void => {
    const place = join(path, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(realpathSync(target), place, 'junction');
  };
  // Copies: from where they are linked they would find the SDKs that they were developed with.
  for (const room of COPIED)
    for (const part of ['dist', 'package.json'])
      cpSync(join(ROOT, 'packages', room, part), join(path, 'node_modules', '@credex', room, part), {
        recursive: true,
      });
  for (const part of ['dist', 'package.json', 'schema.json'])
    cpSync(join(ROOT, 'packages', 'credex', part), join(path, 'node_modules', 'credex', part), {
      recursive: true,
    });
  link('@credex/testing', join(INSTALLED, '@credex', 'testing'));
  for (const scope of SCOPES)
    for (const name of readdirSync(join(INSTALLED, scope)))
      link(`${scope}/${name}`, join(INSTALLED, scope, name));
  // Google's newest client, and the library that comes with it.
  const storage = realpathSync(join(INSTALLED, '@google-cloud', 'storage-8'));
  link('@google-cloud/storage', storage);
  link('google-auth-library', join(storage, '..', '..', 'google-auth-library'));

  link(OPENTELEMETRY, join(ROOT, 'packages', 'core', 'node_modules', OPENTELEMETRY));
  link(OF_VERCEL, join(ROOT, 'packages', 'vercel', 'node_modules', OF_VERCEL));
  for (const name of FRAMEWORKS) link(name, join(ROOT, 'packages', 'verify', 'node_modules', name));

  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Compiles the folder's `.ts` files to JavaScript in the same folder; returns what the compiler prints. */
export function compile({ path }: UserFolder): Promise<string> {
  const options = {
    compilerOptions: {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
    },
    include: ['*.ts'],
  };
  writeFileSync(join(path, 'tsconfig.json'), JSON.stringify(options));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return run(process.execPath, [tsc, '-p', 'tsconfig.json', '--pretty', 'false'], path, process.env);
}

/** Everything that the program prints, be it to complain. `input`: what it reads. */
export function run(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  input = '',
): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd, env }, (_error, stdout, stderr) => resolve(stdout + stderr));
    child.stdin?.end(input);
  });
}
