/** What is wrong with the link to a project, and with the CLI's login. */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { LINK, expectFailure, useLaptop } from './failures.fixture.js';
import type { Failure } from './failures.fixture.js';
import { LOGIN, NOW, token } from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';

vi.setConfig({ testTimeout: 20_000 });
const laptopOfTest = useLaptop();

const link =
  (content: string | object) =>
  (here: Laptop): void =>
    void here.write(here.linkFile, content);
const repository =
  (content: string | object) =>
  (here: Laptop): void => {
    rmSync(join(here.project, '.vercel'), { recursive: true });
    here.write(join(here.root, '.vercel', 'repo.json'), content);
  };
const login =
  (content: string | object) =>
  (here: Laptop): void =>
    void here.write(here.authFile, content, 0o600);

const LINKS: readonly Failure[] = [
  [
    'no linked project',
    'no_subject_token',
    'home/shop is not linked to a Vercel project',
    LINK,
    (here) => rmSync(join(here.project, '.vercel'), { recursive: true }),
  ],
  [
    'a project.json that breaks off',
    'no_subject_token',
    'project.json:2 is not valid JSON',
    LINK,
    link('{\n"projectId": prj_a'),
  ],
  [
    'a project.json that is a list',
    'no_subject_token',
    'project.json:1 is not a JSON object',
    LINK,
    link('[]'),
  ],
  [
    'an id for a shell',
    'no_subject_token',
    'project.json:1 has an invalid project id',
    LINK,
    link({ projectId: 'prj_a;touch x', orgId: 'team_a' }),
  ],
  [
    'an id for a path',
    'no_subject_token',
    'project.json:1 has an invalid project id',
    LINK,
    link({ projectId: 'prj_a/../../x', orgId: 'team_a' }),
  ],
  [
    'an id for an option',
    'no_subject_token',
    'project.json:1 has an invalid owner id',
    LINK,
    link({ projectId: 'prj_a', orgId: '--token=x' }),
  ],
  [
    'no owner',
    'no_subject_token',
    'project.json:1 has an invalid owner id',
    LINK,
    link({ projectId: 'prj_a' }),
  ],
  [
    'a pipe for a project.json',
    'no_subject_token',
    'project.json can not be read',
    LINK,
    (here) => {
      rmSync(here.linkFile);
      execFileSync('/usr/bin/mkfifo', [here.linkFile]);
    },
  ],
  [
    'a repo.json that is not JSON',
    'no_subject_token',
    'repo.json:3 is not valid JSON',
    LINK,
    repository('{\n"projects": [\n,]}'),
  ],
  ['a repo.json without projects', 'no_subject_token', 'repo.json:1 has no list', LINK, repository({})],
  [
    'a repo.json of other directories',
    'no_subject_token',
    'repo.json does not say which of its 2 projects',
    LINK,
    repository({
      orgId: 'team_a',
      projects: [
        { id: 'prj_a', directory: 'a' },
        { id: 'prj_b', directory: 'b' },
      ],
    }),
  ],
  [
    'two projects in one directory',
    'no_subject_token',
    'repo.json does not say which of its 2 projects',
    LINK,
    repository({
      orgId: 'team_a',
      projects: [
        { id: 'prj_a', directory: '.' },
        { id: 'prj_b', directory: '.' },
      ],
    }),
  ],
];

const LOGINS: readonly Failure[] = [
  ['no login', 'no_subject_token', 'auth.json', '`vercel login`', (here) => rmSync(here.authFile)],
  ['an empty login', 'no_subject_token', 'auth.json', '`vercel login`', login({})],
  [
    'a login that is not JSON',
    'no_subject_token',
    'auth.json:2 is not valid JSON',
    '`vercel login`',
    login(`{\n"token": ${LOGIN}}`),
  ],
  [
    'a login that has ended',
    'no_subject_token',
    'auth.json has expired',
    '`vercel whoami`',
    login({ token: LOGIN, refreshToken: 'vcr_a', expiresAt: NOW / 1_000 - 1 }),
  ],
  [
    'a login to be renewed',
    'no_subject_token',
    'auth.json has expired',
    '`vercel whoami`',
    login({ refreshToken: 'vcr_a' }),
  ],
  [
    'a login for two headers',
    'no_subject_token',
    'auth.json is not a valid bearer token',
    '`vercel login`',
    login({ token: `${LOGIN}\r\nx-evil: 1` }),
  ],
  [
    'a login in the keyring, and the API wanted',
    'no_subject_token',
    'keyring',
    '`vercel project token`',
    (here) => {
      here.write(join(here.cli, 'config.json'), { credStorage: 'keyring' });
      return { via: 'api' };
    },
  ],
  [
    'a config.json that is not JSON',
    'no_subject_token',
    'config.json:1 is not valid JSON',
    '`vercel login`',
    (here) => void here.write(join(here.cli, 'config.json'), 'x'),
  ],
];

describe('a failure names file and command', () => {
  it.each([...LINKS, ...LOGINS])('%s', (...row) => expectFailure(laptopOfTest(), row));

  it('and the .env file that is stale, where a refresh was to mend it', async () => {
    const here = laptopOfTest();
    const file = here.write(
      join(here.project, '.env.local'),
      `export VERCEL_OIDC_TOKEN='${token({}, -2)}' # old`,
    );
    rmSync(here.authFile);
    await expect(here.token()).rejects.toMatchObject({
      hint: expect.stringContaining(
        `${file} contains a VERCEL_OIDC_TOKEN that expired 2 hours ago: run \`vercel env pull .env.local\`.`,
      ) as string,
    });
  });
});
