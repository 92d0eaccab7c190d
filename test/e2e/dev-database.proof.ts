/** `credex dev --database` with the servers and the programs of this machine. */

import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { BIN, ended, folder, removeFolders, start } from '../support/command-line.js';
import { describeProgram } from '../support/programs.js';

const APP = fileURLToPath(new URL('dev-database-app.mjs', import.meta.url));
removeFolders();
beforeAll(ensureBuilt, 120_000);

const leftOf = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('credex-dev-'));

async function develop(kind: string, env: Readonly<Record<string, string>> = {}) {
  const argv = [BIN, 'dev', '--database', kind, '--', process.execPath, APP];
  const options = { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/shop', AWS_REGION: 'eu-west-1', ...env };
  return ended(
    start(process.execPath, argv, {
      cwd: folder(),
      env: { PATH: process.env['PATH'], HOME: '/nowhere', ...options },
    }),
  );
}

describeProgram(
  'PostgreSQL',
  { command: ['psql', '--version'], install: 'apt-get install postgresql', inCi: true },
  () => {
    test('a signed password logs in, a plain one is refused, and nothing is left', async () => {
      const before = leftOf();
      const { code, stdout, stderr } = await develop('postgres');
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        signed: '42',
        plain: expect.stringContaining('PAM authentication failed for user "app"') as string,
      });
      expect(leftOf()).toEqual(before);
    }, 120_000);
  },
);

describeProgram(
  'Redis',
  { command: ['redis-cli', '--version'], install: 'apt-get install redis-server', inCi: true },
  () => {
    test('a signed password logs in, a plain one is refused', async () => {
      const { code, stdout, stderr } = await develop('redis');
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        signed: 'PONG',
        plain: expect.stringContaining('WRONGPASS') as string,
      });
    }, 120_000);
  },
);

test.each([
  ['mysql', {}, '--database must be postgres or redis'],
  ['redis', { AWS_REGION: '' }, 'needs an emulated cloud that has it'],
  ['redis', { PATH: '/nowhere' }, 'redis-server was not found'],
])('%s with %j is refused with what to do', async (kind, env, words) => {
  const { code, stderr } = await develop(kind, env);
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  expect(existsSync('/nowhere')).toBe(false);
});
