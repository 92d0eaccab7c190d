/** A fixture for third-party programs that are installed on this machine, and the message when one is missing. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import type { PolicyDocument, ServiceName } from '@credex/testing/emulator';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { BIN, credex, ended, folder, outside, removeFolders, start } from './command-line.js';
import type { Ended } from './command-line.js';
import { STORES } from './credex.js';
import { AWS } from './trust.js';
import { useFixture } from './use-fixture.js';

const BOUND_MS = 180_000;
const isCi = process.env['CI'] !== undefined && process.env['CI'] !== 'false';

/** Everything of S3: the emulator answers what a program does besides reading and writing. */
const ALL_OF_S3: PolicyDocument = { Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } };

export interface Program {
  /** What its version is printed by. */
  readonly command: readonly [string, ...string[]];
  /** How it is installed; .ci/run does so where `inCi`. */
  readonly install: string;
  /** False for what no package of the registries has: there it is skipped in CI as well. */
  readonly inCi: boolean;
}

/** Its tests run where the program is there. Where it is not, that is said, and fails where CI should have it. */
export function describeProgram(name: string, program: Program, tests: () => void): void {
  const version = versionOf(program.command);
  // Told past the reporter, which keeps quiet of what passes.
  process.stderr.write(
    version === undefined ? `NOT SHOWN: there is no ${name} (${program.install})\n` : `${name}: ${version}\n`,
  );
  test.runIf(program.inCi)(`CI has ${name}`, () => {
    const why = `There is no ${name}: .ci/run installs it (${program.install}).`;
    expect(isCi && version === undefined, why).toBe(false);
  });
  describe.runIf(version !== undefined)(name, () => {
    tests();
  });
}

function versionOf([command, ...args]: Program['command']): string | undefined {
  try {
    const printed = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return printed.trim().split('\n', 1)[0];
  } catch {
    return undefined;
  }
}

export interface ProgramFixture {
  /** A folder of this file's, with `ca.pem` and `credex.config.json`, whose entries are named as the clouds. */
  readonly cwd: string;
  readonly ca: string;
  readonly fixture: ReturnType<typeof useFixture>;
  /** `https://127.0.0.1:PORT` of a service. */
  url(service: ServiceName): string;
  /** Runs a program with a production token in the environment, and nothing of this machine's own settings. */
  run(command: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** As `run`, by `credex exec ENTRY`. */
  exec(
    entry: string,
    command: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<Ended>;
  /** What `credex print-config ENTRY` prints; the built credex is its command. */
  printConfig(entry: string, ...args: readonly string[]): Promise<string>;
}

/** To be called once, at the top of a test file. */
export function useProgramFixture(): ProgramFixture {
  const fixture = useFixture();
  removeFolders();
  vi.setConfig({ testTimeout: BOUND_MS });
  let cwd: string;
  let ca: string;
  beforeAll(async () => {
    await ensureBuilt();
    cwd = folder({ 'credex.config.json': { credentials: STORES } });
    ca = join(cwd, 'ca.pem');
    await fixture.emulator.writeCa(ca);
    writeFileSync(join(cwd, 'credex'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, {
      mode: 0o755,
    });
    fixture.emulator.aws.updateRole({ arn: AWS.roleArn, policies: [ALL_OF_S3] });
  }, BOUND_MS);

  const config = (): string => join(cwd, 'credex.config.json');
  const environment = async (more: Readonly<Record<string, string>> = {}) => ({
    ...outside(fixture.emulator, { ca }),
    HOME: cwd,
    PYENV_VERSION: process.env['PYENV_VERSION'],
    PYENV_ROOT: process.env['PYENV_ROOT'],
    VERCEL_OIDC_TOKEN: await fixture.mint(),
    ...more,
  });
  const run: ProgramFixture['run'] = async (command, args, env) =>
    ended(start(command, args, { cwd, env: await environment(env) }));
  return {
    get cwd() {
      return cwd;
    },
    get ca() {
      return ca;
    },
    fixture,
    url: (service) => fixture.emulator.tlsUrl(service),
    run,
    exec: (entry, command, args, env) =>
      run(
        process.execPath,
        [BIN, 'exec', '--quiet', '--config', config(), entry, '--', command, ...args],
        env,
      ),
    async printConfig(entry, ...args) {
      const argv = ['print-config', entry, '--config', config(), '--command', join(cwd, 'credex'), ...args];
      const { code, stdout, stderr } = await credex(argv, { cwd, env: await environment() });
      if (code !== 0) throw new Error(stderr);
      return stdout;
    },
  };
}

/** Writes a file of this many bytes, whose content tells where a part of it came from. */
export function writeLarge(path: string, bytes: number): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) content.writeUInt32BE(at, at);
  writeFileSync(path, content);
  return content;
}

/** GET without credentials, trusting only the emulator's authority. */
export function download(
  url: string,
  ca: string,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    get(url, { ca }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    }).on('error', reject);
  });
}
