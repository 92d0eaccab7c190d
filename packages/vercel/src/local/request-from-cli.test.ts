import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findCli } from './find-cli.js';
import { LOGIN, laptop, token, withoutPlatform } from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';
import { node } from './node.js';
import type { Node } from './node.js';

vi.setConfig({ testTimeout: 20_000 });
let here: Laptop;
beforeEach(() => {
  here = laptop();
  withoutPlatform();
  vi.stubEnv('PATH', dirname(process.execPath));
});
afterEach(() => {
  here.remove();
  vi.unstubAllEnvs();
});

/** Writes down its arguments, then prints `token` in the form of the CLI. */
const talking = (jwt: string, record: string): string =>
  `require('node:fs').writeFileSync(${JSON.stringify(record)}, JSON.stringify({ args, cwd: process.cwd() }));
   console.log(JSON.stringify({ token: ${JSON.stringify(jwt)} }, null, 2));`;

it('runs `vercel project token` for the team, in the directory of the project', async () => {
  const record = join(here.root, 'record.json');
  const jwt = token();
  here.program(talking(jwt, record));
  expect((await here.token({ via: 'cli' })).jwt).toBe(jwt);
  expect(JSON.parse(readFileSync(record, 'utf8'))).toEqual({
    args: ['project', 'token', 'prj_shop', '--format=json', '--scope', 'team_acme'],
    cwd: here.project,
  });
  expect(here.sent).toEqual([]);
});

it('passes a custom directory to the CLI, and no personal account as the scope', async () => {
  const record = join(here.root, 'record.json');
  here.program(talking(token(), record));
  here.write(here.linkFile, { projectId: 'prj_shop', orgId: 'VaLoj5uIN9cYXD2ubqs0aB1c' });
  await here.token({ via: 'cli', configDirectory: here.cli });
  const { args } = JSON.parse(readFileSync(record, 'utf8')) as { args: string[] };
  expect(args).toEqual(['project', 'token', 'prj_shop', '--format=json', '--global-config', here.cli]);
});

it.each([
  ['config.json says so', { credStorage: 'keyring' }, { token: LOGIN }],
  ['no file has the login', { credStorage: 'auto' }, {}],
])('is run without being asked for where the login is in the keyring: %s', async (_what, config, auth) => {
  const jwt = token();
  here.program(talking(jwt, join(here.root, 'record.json')));
  here.write(join(here.cli, 'config.json'), config);
  here.write(here.authFile, auth);
  expect((await here.token()).jwt).toBe(jwt);
});

it('is run where the login is bound to a key, which only the CLI has', async () => {
  const jwt = token();
  here.program(talking(jwt, join(here.root, 'record.json')));
  here.write(here.authFile, {});
  here.write(join(here.cli, 'credentials.json'), { dpop: {} });
  expect((await here.token()).jwt).toBe(jwt);
});

it('takes the bare token of a CLI that heeds no format', async () => {
  const jwt = token();
  here.program(`console.log(${JSON.stringify(jwt)})`);
  expect((await here.token({ via: 'cli' })).jwt).toBe(jwt);
});

it.each([
  'prj_a;touch ran',
  'prj_a`touch ran`',
  'prj_$(touch ran)',
  '--cwd=/',
  "prj_a' || '",
  'prj_a\ntouch',
])('never starts for the id %j', async (projectId) => {
  const ran = join(here.project, 'ran');
  here.program(`require('node:fs').writeFileSync(${JSON.stringify(ran)}, '')`);
  here.write(here.linkFile, { projectId, orgId: 'team_acme' });
  await expect(here.token({ via: 'cli' })).rejects.toMatchObject({ code: 'no_subject_token' });
  expect(() => here.source({ via: 'cli', projectId })).toThrow(
    expect.objectContaining({ option: 'projectId' }) as Error,
  );
  expect(existsSync(ran)).toBe(false);
});

it('prefers the project’s own CLI to that of PATH, and runs nothing from a relative folder', () => {
  const machine = node() as Node;
  const folder = join(here.root, 'bin');
  const global = here.write(join(folder, 'vercel'), '#!/bin/sh\n', 0o755);
  const relatively = relative(
    process.cwd(),
    dirname(here.write(join(here.root, 'moment', 'vercel'), '', 0o755)),
  );
  vi.stubEnv('PATH', `${relatively}::${folder}`);
  expect(findCli(machine, here.project, here.project).command).toBe(global);
  const own = here.program('');
  expect(findCli(machine, here.project, here.project).command).toBe(own);
  expect(findCli(machine, join(here.project, 'src'), here.project).command).toBe(own);
  // Above the linked directory somebody else may have put one.
  expect(findCli(machine, join(here.project, 'src'), join(here.project, 'src')).command).toBe(global);
});

it.each([undefined, '/usr/lib/node_modules/tool/cli.js', '../shop-tools/cli.js', '..'])(
  'runs no program of the working directory of a process from another folder: %s',
  async (main) => {
    const ran = join(here.root, 'ran');
    here.program(`require('node:fs').writeFileSync(${JSON.stringify(ran)}, '')`);
    process.argv[1] = main === undefined ? '' : resolve(here.project, main);
    const machine = node() as Node;
    expect(() => findCli({ ...machine, main: main && machine.main }, here.project, here.project)).toThrow(
      'no `vercel` on PATH',
    );
    await expect(here.token({ via: 'cli' })).rejects.toMatchObject({ code: 'no_subject_token' });
    expect(existsSync(ran)).toBe(false);
  },
);

it('starts the script behind a `.cmd` by Node itself on Windows', () => {
  const machine: Node = { ...(node() as Node), platform: 'win32', uid: undefined };
  const script = here.write(join(here.project, 'node_modules', 'vercel', 'dist', 'vc.js'), '');
  here.write(join(here.project, 'node_modules', 'vercel', 'package.json'), {
    bin: { vercel: './dist/vc.js' },
  });
  const started = { command: process.execPath, args: [script] };
  expect(findCli(machine, here.project, here.project)).toMatchObject(started);
  // As npm installs it for all: vercel.cmd next to node_modules.
  vi.stubEnv('PATH', here.project);
  expect(findCli(machine, here.root, here.root)).toMatchObject(started);
});
