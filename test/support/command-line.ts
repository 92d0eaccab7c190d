/** The built executable of @credex/cli, run as a user runs it: in a folder, with names that lead to the emulator. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Emulator, ServiceName } from '@credex/testing/emulator';
import { afterAll } from 'vitest';

export const BIN = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url));
const HOOK = new URL('../examples/outside-names.mjs', import.meta.url).href;

/** Whose TLS listener answers for which of the names outside. */
const NAMES: Readonly<Record<string, ServiceName>> = {
  '^oidc\\.vercel\\.com$': 'issuer',
  '^sts\\.[a-z0-9-]+\\.amazonaws\\.com$': 'aws-sts',
  '^sts\\.googleapis\\.com$': 'gcp-sts',
  '^iamcredentials\\.googleapis\\.com$': 'gcp-iam-credentials',
  '^storage\\.googleapis\\.com$': 'gcp-storage',
  '^login\\.microsoftonline\\.com$': 'entra',
};

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

/** An empty folder; it goes when the file's tests have ended. */
export function folder(files: Readonly<Record<string, string | object>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'credex-cli-'));
  made.push(path);
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const made: string[] = [];

/** To be called once, at the top of a test file. */
export function removeFolders(): void {
  afterAll(() => {
    for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
  });
}

/** `closed`: names that are known and whose port takes no connection. */
export interface Outside {
  readonly ca: string | undefined;
  readonly names?: Readonly<Record<string, ServiceName>>;
  readonly closed?: readonly string[];
}

/** Nothing of the developer's own environment but PATH: variables that make any Node process see the emulator. */
export function outside(
  emulator: Emulator,
  { ca, names = NAMES, closed = [] }: Outside,
): Readonly<Record<string, string | undefined>> {
  const open = Object.entries(names).map(([name, service]) => [
    name,
    Number(new URL(emulator.tlsUrl(service)).port),
  ]);
  return {
    PATH: process.env['PATH'],
    HOME: tmpdir(),
    NODE_OPTIONS: `--import ${HOOK}`,
    // Port 1: nothing listens there.
    EMULATED_NAMES: JSON.stringify([...closed.map((name) => [name, 1]), ...open]),
    NODE_EXTRA_CA_CERTS: ca,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

export const start = (file: string, args: readonly string[], { cwd, env }: Run): ChildProcess =>
  spawn(file, args, { cwd, env: env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });

export function ended(child: ChildProcess, input = ''): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk: Buffer) => (said[name] += String(chunk)));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
}

export const credex = (argv: readonly string[], run: Run): Promise<Ended> =>
  ended(start(process.execPath, [BIN, ...argv], run), run.input);

/** The document that it printed. */
export function documentOf<T>({ stdout, stderr }: Ended): T {
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new Error(`It printed no document: ${stdout}${stderr}`);
  }
}
