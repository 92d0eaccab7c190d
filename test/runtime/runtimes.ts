/** How each runtime is started, and how it is told of the certificate authority. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, platform } from 'node:process';
import { fileURLToPath } from 'node:url';

export interface CaseResult {
  readonly name: string;
  readonly failed?: string;
}

export interface Runtime {
  readonly name: string;
  readonly transport: 'node:https' | 'fetch';
  /** False where one request may not wait for another's I/O. Default: true. */
  readonly sharesRefreshes?: false;
  /** Why it can't be run on this machine; undefined where it can. */
  readonly missing: string | undefined;
  run(setting: object, caFile: string): Promise<readonly CaseResult[]>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MAIN = here('main.mjs');

/** Bounds what hangs; the suite itself takes seconds. */
const LIMIT_MS = 120_000;

function runProcess(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly CaseResult[]> {
  const whole = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/tmp', ...env };
  return new Promise((resolve, reject) => {
    execFile(file, args, { env: whole, timeout: LIMIT_MS, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      const last = stdout.trim().split('\n').at(-1) ?? '';
      if (error === null && last.startsWith('[')) resolve(JSON.parse(last) as CaseResult[]);
      else reject(new Error(`${file} ended without results: ${error?.message ?? ''}\n${stdout}\n${stderr}`));
    });
  });
}

/** A binary that an npm package of this platform brings; the name of the package says where it is not. */
function binary(path: string, flags: readonly string[] = []): Pick<Runtime, 'missing' | 'run'> {
  const file = here(`node_modules/${path}`);
  return {
    missing: existsSync(file) ? undefined : `${path} is not installed on ${platform}-${arch}`,
    run: (setting, caFile) =>
      runProcess(file, [...flags, MAIN], {
        NODE_EXTRA_CA_CERTS: caFile,
        DENO_NO_UPDATE_CHECK: '1',
        CREDEX_SETTING: JSON.stringify(setting),
      }),
  };
}

const cpu = arch === 'arm64' ? 'arm64' : 'x64';

export const RUNTIMES: readonly Runtime[] = [
  {
    name: 'Node 20',
    transport: 'node:https',
    missing: undefined,
    run: (setting, caFile) =>
      runProcess(process.execPath, [MAIN], {
        NODE_EXTRA_CA_CERTS: caFile,
        CREDEX_SETTING: JSON.stringify(setting),
      }),
  },
  { name: 'Node 22', transport: 'node:https', ...binary(`node22-linux-${cpu}/bin/node`) },
  { name: 'Node 24', transport: 'node:https', ...binary(`node24-linux-${cpu}/bin/node`) },
  {
    name: 'Bun',
    transport: 'fetch',
    ...binary(`@oven/bun-linux-${cpu === 'arm64' ? 'aarch64' : 'x64'}/bin/bun`),
  },
  {
    name: 'Deno',
    transport: 'fetch',
    ...binary(`@deno/linux-${cpu}-glibc/deno`, [
      'run',
      '--no-prompt',
      '--allow-env',
      '--allow-read',
      '--allow-net=127.0.0.1,127.0.0.2',
      '--node-modules-dir=manual',
    ]),
  },
  {
    name: 'edge-runtime',
    transport: 'fetch',
    sharesRefreshes: false,
    missing: undefined,
    run: (setting, caFile) =>
      runProcess(process.execPath, [here('edge-runtime.mjs')], {
        NODE_EXTRA_CA_CERTS: caFile,
        CREDEX_SETTING: JSON.stringify(setting),
      }),
  },
  {
    name: 'workerd',
    transport: 'fetch',
    sharesRefreshes: false,
    missing: undefined,
    run: (setting, caFile) =>
      runProcess(process.execPath, [here('workerd.mjs')], {
        NODE_EXTRA_CA_CERTS: caFile,
        CREDEX_SETTING: JSON.stringify(setting),
      }),
  },
];
