/** `credex dev` with real programs: an unchanged application meets the emulator, and the whole process group ends with it. */

import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { BIN, ended, folder, removeFolders, start } from '../support/command-line.js';
import { AWS, AZURE, GCP } from '../support/trust.js';

const APP = fileURLToPath(new URL('dev-app.mjs', import.meta.url));
removeFolders();
vi.setConfig({ testTimeout: 60_000 });
beforeAll(ensureBuilt, 120_000);

/** What a test that failed has left. */
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGTERM');
  running.clear();
});

const OPTIONS = {
  AWS_ROLE_ARN: AWS.roleArn,
  AWS_REGION: 'eu-west-1',
  GCP_PROJECT_NUMBER: GCP.projectNumber,
  GCP_WORKLOAD_IDENTITY_POOL_ID: GCP.workloadIdentityPoolId,
  GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID: GCP.workloadIdentityPoolProviderId,
  GCP_SERVICE_ACCOUNT_EMAIL: GCP.serviceAccountEmail,
  AZURE_TENANT_ID: AZURE.tenantId,
  AZURE_CLIENT_ID: AZURE.clientId,
};
const BARE = {
  PATH: process.env['PATH'],
  HOME: '/nowhere',
  NO_COLOR: '1',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};
const LINKED = {
  '.env.local': Object.entries(OPTIONS)
    .map((pair) => pair.join('='))
    .join('\n'),
};

/** What a process has printed so far, and a promise of what it will print. */
function watched(child: ChildProcess): { said(pattern: RegExp): Promise<RegExpExecArray>; all(): string } {
  let text = '';
  const wake = new Set<() => void>();
  running.add(child);
  child.setMaxListeners(0);
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      text += String(chunk);
      for (const one of wake) one();
    });
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(text);
      if (found !== null) {
        // What came before it may be asked for later.
        text = text.slice(0, found.index) + text.slice(found.index + found[0].length);
        return found;
      }
      if (child.exitCode !== null) throw new Error(`It ended without ${String(pattern)}: ${text}`);
      await new Promise<void>((resolve) => {
        wake.add(resolve);
        child.once('close', () => resolve());
      });
    }
  };
  return { said, all: () => text };
}

const answersIn = ([, json = '']: RegExpExecArray): unknown => JSON.parse(json);
const ANSWERS = /answers (.*)\r?\n/;

const isAlive = (pid: string): boolean => {
  try {
    // A process that has ended, and that no one has waited for, is a zombie.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

test('an application without a change uses three clouds, by the options of .env.local, at a private address; the exit code is its own', async () => {
  const cwd = folder(LINKED);
  const storage = `${cwd.split('/').at(-1)?.toLowerCase()}-dev`;
  // The user of a container is another one: a mask of the caller does not keep it from the files.
  const program = `stat -c 'mode %a' "$CREDEX_DEV_FOLDER"/* >&2; exec '${process.execPath}' '${APP}'`;
  const argv = [BIN, 'dev', '--listen', '127.0.0.2', '--', 'sh', '-c', program];
  const done = await ended(
    start('sh', ['-c', 'umask 077; exec "$0" "$@"', process.execPath, ...argv], {
      cwd,
      env: { ...BARE, STORAGE: storage },
    }),
    'ask\nend\n',
  );
  expect(JSON.parse(/^answers (.*)$/m.exec(done.stdout)?.[1] ?? '')).toEqual({
    aws: ['order'],
    gcp: ['order'],
    azure: ['order'],
    fetch: ['https://aws.amazon.com/iam'],
  });
  expect(done.code).toBe(7);
  expect(done.stderr.match(/^mode \d+$/gm)).toEqual(['mode 644', 'mode 644', 'mode 644']);
  for (const cloud of ['AWS', 'Google Cloud', 'Azure'])
    expect(done.stderr).toMatch(new RegExp(`^${cloud}  .*emulated`, 'm'));
  for (const service of ['AWS STS  AssumeRoleWithWebIdentity', 'Google STS', 'IAM Credentials', 'Entra'])
    expect(done.stderr).toContain(`✓ ${service}`);
  // Neither a token nor a key is printed.
  expect(done.stderr).not.toMatch(/eyJ|ASIA|ya29/);
});

/** `script` gives it a terminal, and what is written to script is typed. */
const inTerminal = (argv: readonly string[], run: Parameters<typeof start>[2]) => {
  const words = [process.execPath, BIN, ...argv].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  return start('script', ['-qefc', `stty cols 120; ${words.join(' ')}`, '/dev/null'], run);
};

const hasScript = spawnSync('script', ['--version']).status === 0;

test('there is a program that gives a terminal', () => {
  expect(hasScript, '`script` of util-linux is missing').toBe(true);
});

describe.runIf(hasScript)('in a terminal', () => {
  test('p presents a preview identity, which is refused, and back; q ends the group with the exit code of the program', async () => {
    const cwd = folder();
    const env = { ...BARE, AWS_ROLE_ARN: AWS.roleArn, STORAGE: 'x', TERM: 'dumb' };
    // The program starts another, as `npx next dev` does. It ends by SIGINT with its own code.
    const shell = `trap 'exit 9' INT; sleep 600 & echo other $!; ${process.execPath} ${APP}; exit 8`;
    const child = inTerminal(['dev', '--', 'sh', '-c', shell], { cwd, env });
    const { said } = watched(child);
    await said(/keys: p/);
    const [, other = ''] = await said(/other (\d+)/);
    const [, app = ''] = await said(/ready (\d+)/);
    child.stdin?.write('ask\r');
    expect(answersIn(await said(ANSWERS))).toMatchObject({ aws: 'The specified bucket does not exist' });
    child.stdin?.write('p');
    await said(/now owner:local:project:[^ ]+:environment:preview/);
    child.stdin?.write('ask\r');
    await said(/✗ AWS STS  AssumeRoleWithWebIdentity .*AccessDenied/);
    expect(answersIn(await said(ANSWERS))).toMatchObject({ aws: 'access_denied' });
    child.stdin?.write('p');
    await said(/back to owner:local:project:[^ ]+:environment:development/);
    child.stdin?.write('ask\r');
    expect(answersIn(await said(ANSWERS))).toMatchObject({ aws: 'The specified bucket does not exist' });
    child.stdin?.write('q');
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(9);
    expect([other, app].map(isAlive)).toEqual([false, false]);
  });

  test('credex init asks, and what it wrote is enough for credex dev', async () => {
    const cwd = folder();
    const child = inTerminal(['init'], { cwd, env: { ...BARE, TERM: 'xterm' } });
    const { said } = watched(child);
    const answers: readonly (readonly [question: RegExp, answer: string])[] = [
      [/Which cloud/, ''],
      [/--team/, 'acme'],
      [/--project/, 'shop'],
      [/--account-id/, '123456789012'],
    ];
    for (const [question, answer] of answers) {
      await said(question);
      // The question is drawn before it listens.
      await said(/└/);
      child.stdin?.write(`${answer}\r`);
    }
    await said(/credex dev -- COMMAND/);
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(readFileSync(join(cwd, '.env.local'), 'utf8')).toContain(
      'AWS_ROLE_ARN=arn:aws:iam::123456789012:role/vercel-shop',
    );
    const env = { ...BARE, STORAGE: 'shop-dev' };
    const region = { AWS_REGION: 'eu-west-1' };
    const argv = [BIN, 'dev', '--', process.execPath, '-e', 'process.exit(process.env.AWS_ROLE_ARN ? 6 : 5)'];
    expect((await ended(start(process.execPath, argv, { cwd, env: { ...env, ...region } }))).code).toBe(6);
  });
});

test('SIGTERM ends the group, and nothing is left: no process, no folder, no port', async () => {
  const env = { ...BARE, AWS_ROLE_ARN: AWS.roleArn };
  const program =
    "console.log('up', process.pid, process.env.CREDEX_DEV_FOLDER, process.env.AWS_ENDPOINT_URL_STS); setInterval(() => {}, 1e6)";
  const child = start(process.execPath, [BIN, 'dev', '--', process.execPath, '-e', program], {
    cwd: folder(),
    env,
  });
  const { said } = watched(child);
  const [, pid = '', made = '', url = ''] = await said(/up (\d+) (\S+) (\S+)/);
  expect(existsSync(made)).toBe(true);
  child.kill('SIGTERM');
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(143);
  expect([isAlive(pid), existsSync(made)]).toEqual([false, false]);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('leaves neither the folder with the token nor the program where its messages cannot be written', async () => {
  const cwd = folder();
  const env = { ...BARE, AWS_ROLE_ARN: AWS.roleArn, TMPDIR: cwd, BIN, NODE: process.execPath };
  const program = "require('fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1e6)";
  const words = `"$NODE" "$BIN" dev -- "$NODE" -e "${program}" 2> /dev/full`;
  await ended(start('sh', ['-c', words], { cwd, env }));
  expect(readdirSync(cwd).filter((name) => name !== 'pid')).toEqual([]);
  const pid = join(cwd, 'pid');
  expect(existsSync(pid) && isAlive(readFileSync(pid, 'utf8'))).toBe(false);
});
