/** `credex exec` with real programs: what they see, how they end, and what is never printed. */

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test, vi } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import {
  BIN,
  credex,
  documentOf,
  ended,
  folder,
  outside,
  removeFolders,
  start,
} from '../support/command-line.js';
import type { Run } from '../support/command-line.js';
import { STORES } from '../support/credex.js';
import { AWS, AZURE, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const BOUND_MS = 120_000;
const fixture = useFixture();
removeFolders();
vi.setConfig({ testTimeout: 20_000 });

const CONFIG = {
  credentials: {
    ...STORES,
    gcp: { ...STORES.gcp, projectId: GCP.projectId },
    absent: { ...STORES.aws, roleArn: `${AWS.roleArn}-absent` },
  },
};
let cwd: string;
let ca: string;
beforeAll(async () => {
  await ensureBuilt();
  cwd = folder({ 'credex.config.json': CONFIG });
  ca = join(cwd, 'ca.pem');
  await fixture.emulator.writeCa(ca);
}, BOUND_MS);

async function here(env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const common = { ...outside(fixture.emulator, { ca }), VERCEL_OIDC_TOKEN: await fixture.mint() };
  return { cwd, env: { ...common, ...env } };
}

/** A program that prints its environment, and what stands in the token's file. */
const SHOW = `
  const { readFileSync, statSync } = require('node:fs');
  const file = process.env.AZURE_FEDERATED_TOKEN_FILE;
  const seen = file && { token: readFileSync(file, 'utf8'), mode: statSync(file).mode & 0o777, folder: statSync(require('node:path').dirname(file)).mode & 0o777 };
  console.log(JSON.stringify({ env: process.env, args: process.argv.slice(1), seen }));`;

interface Seen {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly seen?: { readonly token: string; readonly mode: number; readonly folder: number };
}

test('AWS: a session in the variables that its tools know, and no profile', async () => {
  const run = await here({
    AWS_PROFILE: 'mine',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/x',
    AWS_ROLE_ARN: 'y',
    MINE: 'kept',
  });
  const done = await credex(
    ['exec', 'aws', '--', process.execPath, '-e', SHOW, 'a b', '$HOME', '--json'],
    run,
  );
  const { env, args } = documentOf<Seen>(done);
  expect(env).toMatchObject({
    AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/) as string,
    AWS_SECRET_ACCESS_KEY: expect.any(String) as string,
    AWS_SESSION_TOKEN: expect.any(String) as string,
    AWS_ACCOUNT_ID: AWS.accountId,
    AWS_REGION: AWS.region,
    AWS_DEFAULT_REGION: AWS.region,
    MINE: 'kept',
  });
  expect(Date.parse(env['AWS_CREDENTIAL_EXPIRATION'] as string)).toBeGreaterThan(Date.now());
  for (const name of ['AWS_PROFILE', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN'])
    expect(env).not.toHaveProperty(name);
  expect(args).toEqual(['a b', '$HOME', '--json']);
  expect(done.code).toBe(0);
  expect(done.stderr).toMatch(/^the credentials of aws: valid until \d{4}-.*Z \((?:\d+ min|1 h)/);
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ACCESS_KEY_ID'])
    expect(done.stderr).not.toContain(env[name]);
  expect(done.stderr).not.toContain(env['VERCEL_OIDC_TOKEN']);
});

test('Google Cloud: an access token for Terraform and gcloud, and no key file', async () => {
  const run = await here({ GOOGLE_APPLICATION_CREDENTIALS: '/key.json', GOOGLE_CREDENTIALS: '{}' });
  const { env } = documentOf<Seen>(
    await credex(['exec', '--quiet', 'gcp', '--', process.execPath, '-e', SHOW], run),
  );
  expect(env['GOOGLE_OAUTH_ACCESS_TOKEN']).toBe(env['CLOUDSDK_AUTH_ACCESS_TOKEN']);
  expect(env).toMatchObject({ GOOGLE_CLOUD_PROJECT: GCP.projectId, CLOUDSDK_CORE_PROJECT: GCP.projectId });
  expect(env).not.toHaveProperty('GOOGLE_APPLICATION_CREDENTIALS');
  expect(env).not.toHaveProperty('GOOGLE_CREDENTIALS');
  const object = `${fixture.emulator.url('gcp-storage')}/storage/v1/b/${GCP.bucket}/o`;
  const bearer = { authorization: `Bearer ${env['GOOGLE_OAUTH_ACCESS_TOKEN'] ?? ''}` };
  expect((await fetch(object, { headers: bearer })).status).toBe(200);
});

test("Azure: the Vercel token in a file of the user's own, which goes when the program has ended", async () => {
  const run = await here({ AZURE_CLIENT_SECRET: 'old', ARM_USE_CLI: 'true', AZURE_TOKEN_CREDENTIALS: 'dev' });
  const { env, seen } = documentOf<Seen>(
    await credex(['exec', 'azure', '--', process.execPath, '-e', SHOW], run),
  );
  expect(env).toMatchObject({
    AZURE_CLIENT_ID: AZURE.clientId,
    AZURE_TENANT_ID: AZURE.tenantId,
    ARM_USE_OIDC: 'true',
    ARM_CLIENT_ID: AZURE.clientId,
    ARM_TENANT_ID: AZURE.tenantId,
    ARM_OIDC_TOKEN_FILE_PATH: env['AZURE_FEDERATED_TOKEN_FILE'],
  });
  expect(env).not.toHaveProperty('AZURE_CLIENT_SECRET');
  expect(env).not.toHaveProperty('ARM_USE_CLI');
  expect(env).not.toHaveProperty('AZURE_TOKEN_CREDENTIALS');
  expect(seen).toEqual({ token: run.env?.['VERCEL_OIDC_TOKEN'], mode: 0o600, folder: 0o700 });
  expect(existsSync(env['AZURE_FEDERATED_TOKEN_FILE'] as string)).toBe(false);
});

test.each([0, 7, 255])('ends as the program does, with %i', async (code) => {
  const { code: seen } = await credex(
    ['exec', 'aws', '--', process.execPath, '-e', `process.exit(${code})`],
    await here(),
  );
  expect(seen).toBe(code);
});

test('a program that a signal ended: 128 and its number', async () => {
  const killed = "process.kill(process.pid, 'SIGKILL')";
  expect((await credex(['exec', 'aws', '--', process.execPath, '-e', killed], await here())).code).toBe(137);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s reaches the program, whose answer is ours',
  async (signal) => {
    const heard = `process.on('${signal}', () => { console.log('heard'); process.exit(9); }); console.log('ready'); setInterval(() => {}, 1000);`;
    const child = start(
      process.execPath,
      [BIN, 'exec', 'azure', '--', process.execPath, '-e', heard],
      await here(),
    );
    const end = ended(child);
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk: Buffer) => String(chunk).includes('ready') && resolve());
    });
    child.kill(signal);
    expect(await end).toMatchObject({ code: 9, stdout: 'ready\nheard\n' });
  },
);

test('a program that does not hear the signal is not left behind', async () => {
  const deaf = `process.on('SIGTERM', () => {}); console.log(process.pid); setInterval(() => {}, 1000);`;
  const child = start(
    process.execPath,
    [BIN, 'exec', 'aws', '--', process.execPath, '-e', deaf],
    await here(),
  );
  const end = ended(child);
  const pid = await new Promise<number>((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(Number(String(chunk))));
  });
  child.kill('SIGTERM');
  // It waits for the program, as a shell does; here its owner ends it.
  await pause(50);
  expect(child.exitCode).toBe(null);
  process.kill(pid, 'SIGKILL');
  expect((await end).code).toBe(137);
});

test('standard input is the program’s', async () => {
  const echo = 'process.stdin.pipe(process.stdout)';
  const run = { ...(await here()), input: 'three pears' };
  expect((await credex(['exec', 'aws', '--', process.execPath, '-e', echo], run)).stdout).toBe('three pears');
});

test('no credential, no program', async () => {
  const write = `require('node:fs').writeFileSync('ran', '')`;
  const done = await credex(['exec', 'absent', '--', process.execPath, '-e', write], await here());
  expect(done.code).toBe(1);
  expect(done.stderr).toContain('(access_denied)');
  expect(existsSync(join(cwd, 'ran'))).toBe(false);
});

test.each([
  ['no such program', ['aws', '--', 'no-such-program-here'], 127, 'unknown_command'],
  ['a program that can not be run', ['aws', '--', tmpdir()], 126, 'unreadable_file'],
  ['no program named', ['aws'], 2, "missing required argument 'command'"],
  ['an empty name', ['aws', '--', ''], 2, 'missing_argument'],
  ['an option behind the name', ['aws', '--quiet', '--', 'true'], 2, 'must come before the name'],
  ['a name that is not there', ['other', '--', 'true'], 2, 'invalid_option'],
])('%s: as shells end', async (_name, argv, code, words) => {
  const done = await credex(['exec', ...argv], await here());
  expect(done.code).toBe(code);
  expect(done.stderr).toContain(words);
});
