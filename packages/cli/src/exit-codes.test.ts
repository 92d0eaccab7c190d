/** The exit codes of the README are those of the code, of all and by command. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FederationError, OptionError } from '@credex/core';
import { TokenVerificationError } from '@credex/verify';
import { FAULT_EXITS } from './doctor/fault.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { NOW, jwt, runInMemory } from './memory-io.fixture.js';
import { createProgram } from './program.js';
import { UsageError } from './usage-error.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rowsUnder = (heading: string): string[][] => {
  const [, rest = ''] = README.split(heading);
  const [table = ''] = rest.trimStart().split(/\n\n/);
  return table
    .split('\n')
    .slice(heading.startsWith('|') ? 1 : 2)
    .map((row) =>
      row
        .split('|')
        .slice(1)
        .map((cell) => cell.trim()),
    );
};

const OF_ALL = rowsUnder('| exit code')
  .map(([code]) => Number(code))
  .filter(Number.isInteger);
const OF_ANY = [EXIT.ok, EXIT.usage, EXIT.internal, EXIT.interrupted] as const;
const BY_COMMAND = new Map(
  rowsUnder('Every command can end with 0, 2, 70 and 130. The other codes, by command:').map(
    ([name = '', codes = '']) => [
      name.replaceAll('`', ''),
      codes
        .split(',')
        .filter((code) => code !== '')
        .map(Number),
    ],
  ),
);

const folder = mkdtempSync(join(tmpdir(), 'credex-exits-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

const role = 'arn:aws:iam::123456789012:role/app';
const CONFIG = file('credex.config.json', {
  credentials: {
    store: { provider: 'aws', roleArn: role, region: 'eu-west-1', expect: { projectId: 'prj_other' } },
    reports: {
      provider: 'gcp',
      projectNumber: '123456789012',
      workloadIdentityPoolId: 'vercel',
      workloadIdentityPoolProviderId: 'vercel',
    },
    vault: {
      provider: 'azure',
      tenantId: '00000000-0000-4000-8000-000000000001',
      clientId: '00000000-0000-4000-8000-000000000002',
      expect: { projectId: 'prj_other' },
    },
  },
});
const POLICY = file('policy.json', { Version: '2012-10-17', Statement: [] });
const NONE = {};
const GOOD = { VERCEL_OIDC_TOKEN: jwt() };
const OVER = { VERCEL_OIDC_TOKEN: jwt({ exp: NOW / 1000 - 60 }) };
const WITH = ['--config', CONFIG];
const OUT = ['--path', join(folder, 'token')];

describe('the README', () => {
  it('has each exit code of the code, and no other', () => {
    expect(OF_ALL).toEqual([...new Set(Object.values(EXIT))]);
  });

  it('has a row for each command, of codes that there are', async () => {
    const { commands } = await createProgram([], () => async () => undefined);
    expect([...BY_COMMAND.keys()].sort()).toEqual(commands.map((command) => command.name()).sort());
    const ofPrograms = [126, 127];
    for (const [name, codes] of BY_COMMAND)
      for (const code of codes)
        expect([...OF_ALL, ...(['dev', 'exec'].includes(name) ? ofPrograms : [])]).toContain(code);
  });
});

describe('a command ends with a code of its row', () => {
  it.each<[number, readonly string[], Readonly<Record<string, string>>]>([
    [0, ['whoami'], GOOD],
    [1, ['whoami'], { VERCEL_OIDC_TOKEN: jwt({ iss: 'https://oidc.example.com/acme' }) }],
    [2, ['whoami', '--token', 'x'], GOOD],
    [3, ['whoami'], NONE],
    [4, ['whoami', '--verify'], GOOD],
    [1, ['explain', 'aws', '--policy', POLICY, '--role-arn', role], GOOD],
    [2, ['explain', 'aws', '--policy', join(folder, 'none.json')], GOOD],
    [3, ['explain', 'aws', '--policy', POLICY], NONE],
    [2, ['setup', 'aws'], NONE],
    [2, ['doctor', 'none', ...WITH], GOOD],
    [2, ['doctor', 'store', ...WITH, '--timeout', '0'], GOOD],
    [2, ['doctor', 'store', ...WITH, '--token-file', CONFIG, '--token', '-'], NONE],
    [3, ['doctor', 'store', ...WITH], NONE],
    [3, ['doctor', 'store', ...WITH], OVER],
    [1, ['doctor', 'store', ...WITH], GOOD],
    [2, ['exec', 'none', ...WITH, '--', 'true'], GOOD],
    [3, ['exec', ...WITH, 'store', '--', 'true'], NONE],
    [1, ['exec', ...WITH, 'store', '--', 'true'], GOOD],
    [0, ['print-config', 'store', ...WITH], NONE],
    [2, ['print-config', 'none', ...WITH], NONE],
    [2, ['credential-process', 'none', ...WITH], GOOD],
    [3, ['credential-process', 'store', ...WITH], NONE],
    [1, ['credential-process', 'store', ...WITH], GOOD],
    [0, ['google-executable', 'reports', ...WITH], NONE],
    [2, ['azure-token-file', 'none', ...WITH, ...OUT], GOOD],
    [3, ['azure-token-file', 'vault', ...WITH, ...OUT], NONE],
    [1, ['azure-token-file', 'vault', ...WITH, ...OUT], GOOD],
    [2, ['trust', join(folder, 'none.ts')], NONE],
    [2, ['emulator', '--seed', join(folder, 'none.json')], NONE],
  ])('%i: %j', async (wanted, argv, env) => {
    const { exit, stderr } = await runInMemory(argv, { env, cwd: folder });
    expect(exit, stderr).toBe(wanted);
    const [name = ''] = argv;
    expect([...OF_ANY, ...(BY_COMMAND.get(name) ?? [])]).toContain(exit);
  });
});

describe('an error', () => {
  const federation = (code: string, retryable?: boolean): FederationError =>
    new FederationError({ code: code as FederationError['code'], provider: 'aws', message: 'm', retryable });

  it.each([
    [2, new OptionError('invalid_option', 'a', undefined, 'm')],
    [2, new UsageError('unreadable_file', 'm')],
    [127, new UsageError('unknown_command', 'm', { exit: 127 })],
    [3, federation('no_subject_token')],
    [3, federation('invalid_subject_token')],
    [3, federation('subject_token_expired')],
    [3, federation('no_fresher_token')],
    [4, federation('network')],
    [4, federation('timeout')],
    [4, federation('throttled')],
    [4, federation('unavailable')],
    [4, federation('invalid_response')],
    [4, federation('redirect_refused')],
    [4, new TokenVerificationError({ code: 'keys_unavailable', message: 'm' } as never)],
    [1, federation('access_denied')],
    [1, federation('invalid_response', false)],
    [1, federation('clock_skew')],
    [1, federation('subject_mismatch')],
    [130, federation('aborted')],
  ])('ends with %i: %s', (exit, error) => {
    expect(exitCodeOf(error)).toBe(exit);
  });

  it('of doctor ends with 2, 3 or 4, and with 1 where no code is named', () => {
    for (const exit of FAULT_EXITS.values())
      expect([EXIT.usage, EXIT.noToken, EXIT.unreachable]).toContain(exit);
  });
});
