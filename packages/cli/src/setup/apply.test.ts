/** `credex setup --apply`, with programs in the place of the clouds' tools. */

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { jwt, runInMemory } from '../memory-io.fixture.js';
import type { MemoryIo } from '../memory-io.fixture.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'credex-apply-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

/** A tool that records its words, one call a line, and fails for those that contain `failing`. */
function tool(name: string, { prints = '', failing = 'nothing' } = {}): void {
  const script = `#!/bin/sh\nprintf '%s|' ${name} "$@" >> '${join(cwd, 'calls')}'\necho >> '${join(cwd, 'calls')}'\ncase "$*" in *${failing}*) exit 254;; esac\necho '${prints}'\n`;
  writeFileSync(join(cwd, name), script);
  chmodSync(join(cwd, name), 0o755);
}

const calls = (): readonly string[] => {
  try {
    return readFileSync(join(cwd, 'calls'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
};

const setup = (words: readonly string[], io: MemoryIo = {}) =>
  runInMemory(['setup', ...words, '--team', 'acme', '--project', 'shop', '--environment', 'production'], {
    cwd,
    env: { HOME: cwd, PATH: [cwd, process.env['PATH']].join(delimiter) },
    ...io,
  });
const AWS = ['aws', '--account-id', '123456789012', '--apply'];
const saying = (answer: boolean) => ({
  prompts: { text: async () => '', select: async () => '', confirm: async () => answer },
});

test('runs the commands in order after they were shown and a person agreed', async () => {
  tool('aws');
  const { exit, stdout, stderr } = await setup(AWS, saying(true));
  expect([exit, stdout]).toEqual([0, 'All commands succeeded.\n']);
  expect(stderr).toContain('aws iam create-role');
  expect(calls()).toEqual([
    'aws|iam|create-open-id-connect-provider|--url|https://oidc.vercel.com/acme|--client-id-list|https://vercel.com/acme|',
    expect.stringMatching(
      /^aws\|iam\|create-role\|--role-name\|vercel-shop\|--assume-role-policy-document\|\{.*\}\|$/,
    ),
  ]);
});

test('a variable of one command is there for the next: the application of Azure', async () => {
  tool('az', { prints: 'f3d2a9c4' });
  const { exit } = await setup(['azure', '--apply', '--yes']);
  expect(exit).toBe(0);
  expect(calls()[1]).toBe('az|ad|sp|create|--id|f3d2a9c4|');
});

test('Google Cloud, as JSON', async () => {
  tool('gcloud');
  const { json } = await setup([
    'gcp',
    '--google-project',
    'acme-prod',
    '--google-project-number',
    '1',
    '--apply',
    '--yes',
    '--json',
  ]);
  expect(json()).toMatchObject({ applied: true });
  expect(calls()).toHaveLength(2);
});

test('stops at the first command that fails, and says which', async () => {
  tool('aws', { failing: 'create-role' });
  const { exit, stdout } = await setup([...AWS, '--yes']);
  expect([exit, stdout]).toEqual([
    1,
    expect.stringMatching(/^Command 2 of 2 failed with exit code 254\. The ones before it succeeded/),
  ]);
  tool('aws', { failing: 'create-open' });
  expect((await setup([...AWS, '--yes', '--json'])).json()).toMatchObject({
    applied: false,
    failed: 1,
    exitCode: 254,
  });
});

test.each([
  ['a person who says no', AWS, saying(false), 1, 'Nothing was changed.'],
  ['no terminal', AWS, {}, 2, '--yes'],
  ['a format without commands', [...AWS, '--format', 'terraform', '--yes'], {}, 2, '--format'],
  ['--yes alone', ['aws', '--account-id', '123456789012', '--yes'], {}, 2, '--yes needs --apply'],
])('%s: nothing is run', async (_name, words, io, code, says) => {
  tool('aws');
  const { exit, stderr } = await setup(words, io);
  expect([exit, stderr]).toEqual([code, expect.stringContaining(says)]);
  expect(calls()).toEqual([]);
});

test.each([
  ['.env.local', {}],
  ['a variable', { VERCEL_OIDC_TOKEN: jwt({ owner: 'evil' }) }],
])('--yes takes no team, project or environment from %s', async (name, more) => {
  tool('aws');
  mkdirSync(join(cwd, '.vercel'));
  writeFileSync(join(cwd, '.vercel', 'project.json'), '{"projectName":"evil"}');
  if (name === '.env.local') writeFileSync(join(cwd, name), `VERCEL_OIDC_TOKEN=${jwt({ owner: 'evil' })}\n`);
  const env = { HOME: cwd, PATH: [cwd, process.env['PATH']].join(delimiter), ...more };
  const { exit, stderr } = await runInMemory(['setup', ...AWS, '--yes'], { cwd, env });
  expect(exit).toBe(2);
  for (const option of ['--team', '--project', '--environment']) expect(stderr).toContain(option);
  expect(calls()).toEqual([]);
});

test('--yes is refused with a token, which would be ignored', async () => {
  const { exit, stderr } = await setup([...AWS, '--yes', '--token-file', 'x']);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('not with --token-file')]);
});

test('a tool that is not installed fails as a command does', async () => {
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  symlinkSync('/bin/sh', join(bin, 'sh'));
  const { exit, stdout } = await setup([...AWS, '--yes'], { env: { HOME: cwd, PATH: bin } });
  expect([exit, stdout]).toEqual([1, expect.stringContaining('Command 1 of 2 failed with exit code 127.')]);
});
