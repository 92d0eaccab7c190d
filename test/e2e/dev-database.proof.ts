/** `credex dev --database` with the servers and the programs of this machine. */

import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test, vi } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { BIN, ended, folder, removeFolders, start } from '../support/command-line.js';
import { describeProgram } from '../support/programs.js';

const APP = fileURLToPath(new URL('dev-database-app.mjs', import.meta.url));
removeFolders();
beforeAll(ensureBuilt, 120_000);

const leftOf = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('credex-dev-'));

function started(kind: string, env: Readonly<Record<string, string>> = {}) {
  const argv = [BIN, 'dev', '--database', kind, '--', process.execPath, APP];
  const options = { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/shop', AWS_REGION: 'eu-west-1', ...env };
  return start(process.execPath, argv, {
    cwd: folder(),
    env: { PATH: process.env['PATH'], HOME: '/nowhere', ...options },
  });
}
const develop = (...given: Parameters<typeof started>) => ended(started(...given));

describeProgram(
  'PostgreSQL',
  { command: ['psql', '--version'], install: 'apt-get install postgresql', inCi: true },
  () => {
    test('a signed password logs in, a plain one is refused, and nothing is left', async () => {
      const before = leftOf();
      // The port of another server, which PostgreSQL would take for its own.
      const { code, stdout, stderr } = await develop('postgres', { PGPORT: '7777' });
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        signed: '42',
        // Nor may it run programs: it is the owner of the database, as at a cloud.
        isSuperuser: 'off',
        makes: 'CREATE TABLE',
        plain: expect.stringContaining('PAM authentication failed for user "app"') as string,
      });
      expect(leftOf()).toEqual(before);
    }, 120_000);

    test('SIGTERM while it starts leaves no server and no folder', async () => {
      const before = leftOf();
      const child = started('postgres');
      const done = ended(child);
      await vi.waitFor(() => expect(leftOf().length).toBeGreaterThan(before.length), 60_000);
      child.kill('SIGTERM');
      expect((await done).code).toBe(143);
      expect(leftOf()).toEqual(before);
    }, 120_000);

    test('a folder that its user cannot open is named', async () => {
      const { code, stderr } = await develop('postgres', { TMPDIR: folder() });
      expect([code, stderr]).toEqual([2, expect.stringContaining('initdb failed')]);
      expect(stderr).toContain('TMPDIR');
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
