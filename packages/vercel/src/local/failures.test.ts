/** What goes wrong on a laptop: each failure names the file it is about and the command that mends it. */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FederationError } from '@credex/core';
import type { LocalTokenSourceOptions } from '../local.js';
import { LOGIN, NOW, laptop, token } from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';

vi.setConfig({ testTimeout: 20_000 });
let here: Laptop;
beforeEach(() => {
  here = laptop();
  for (const name of [
    'VERCEL',
    'VERCEL_ENV',
    'VERCEL_TARGET_ENV',
    'VERCEL_OIDC_TOKEN',
    'VERCEL_TOKEN_STORAGE',
  ])
    vi.stubEnv(name, undefined);
  // Of the machine that the test runs on: a `vercel` there is not asked.
  vi.stubEnv('PATH', process.execPath.slice(0, process.execPath.lastIndexOf('/')));
});
afterEach(() => {
  here.remove();
  vi.unstubAllEnvs();
});

type Row = readonly [
  what: string,
  code: string,
  names: string,
  command: string,
  arrange: () => LocalTokenSourceOptions | void,
];

const answer = (status: number, body: unknown) => (): void => {
  here.answer = () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
};
const refusal = (status: number, error: object) => answer(status, { error });
const viaCli = (script: string, more: LocalTokenSourceOptions = {}) => {
  here.program(script);
  return { via: 'cli', ...more } as const;
};
const fails = (words: string) => () =>
  viaCli(`process.stderr.write(${JSON.stringify(words)}); process.exit(1)`);
const link = (content: string | object) => () => void here.write(here.linkFile, content);
const repository = (content: string | object) => () => {
  rmSync(join(here.project, '.vercel'), { recursive: true });
  here.write(join(here.root, '.vercel', 'repo.json'), content);
};
const login = (content: string | object) => () => void here.write(here.authFile, content, 0o600);

const LINK = '`vercel link`';
const ROWS: readonly Row[] = [
  [
    'no linked project',
    'no_subject_token',
    'home/shop is linked to no',
    LINK,
    () => rmSync(join(here.project, '.vercel'), { recursive: true }),
  ],
  [
    'a project.json that breaks off',
    'no_subject_token',
    'project.json:2 is no JSON',
    LINK,
    link('{\n"projectId": prj_a'),
  ],
  ['a project.json that is a list', 'no_subject_token', 'project.json:1 holds', LINK, link('[]')],
  [
    'an id for a shell',
    'no_subject_token',
    'project.json:1 names no project',
    LINK,
    link({ projectId: 'prj_a;touch x', orgId: 'team_a' }),
  ],
  [
    'an id for a path',
    'no_subject_token',
    'project.json:1 names no project',
    LINK,
    link({ projectId: 'prj_a/../../x', orgId: 'team_a' }),
  ],
  [
    'an id for an option',
    'no_subject_token',
    'project.json:1 names no owner',
    LINK,
    link({ projectId: 'prj_a', orgId: '--token=x' }),
  ],
  ['no owner', 'no_subject_token', 'project.json:1 names no owner', LINK, link({ projectId: 'prj_a' })],
  [
    'a pipe for a project.json',
    'no_subject_token',
    'project.json can not be read',
    LINK,
    () => {
      rmSync(here.linkFile);
      execFileSync('/usr/bin/mkfifo', [here.linkFile]);
    },
  ],
  [
    'a repo.json that is no JSON',
    'no_subject_token',
    'repo.json:3 is no JSON',
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

  ['no login', 'no_subject_token', 'auth.json', '`vercel login`', () => rmSync(here.authFile)],
  ['an empty login', 'no_subject_token', 'auth.json', '`vercel login`', login({})],
  [
    'a login that is no JSON',
    'no_subject_token',
    'auth.json:2 is no JSON',
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
    'auth.json is no token',
    '`vercel login`',
    login({ token: `${LOGIN}\r\nx-evil: 1` }),
  ],
  [
    'a login in the keyring, and the API wanted',
    'no_subject_token',
    'keyring',
    '`vercel project token`',
    () => {
      here.write(join(here.cli, 'config.json'), { credStorage: 'keyring' });
      return { via: 'api' };
    },
  ],
  [
    'a config.json that is no JSON',
    'no_subject_token',
    'config.json:1 is no JSON',
    '`vercel login`',
    () => void here.write(join(here.cli, 'config.json'), 'x'),
  ],

  [
    'a login that the API does not know',
    'no_subject_token',
    'auth.json',
    '`vercel login`',
    refusal(403, { code: 'forbidden', message: 'Not authorized', invalidToken: true }),
  ],
  ['a 401', 'no_subject_token', 'auth.json', '`vercel login`', refusal(401, { code: 'unauthorized' })],
  [
    'another team',
    'access_denied',
    'project.json',
    '`vercel login`',
    refusal(403, { code: 'team_unauthorized', message: 'You are not authorized' }),
  ],
  [
    'a project that is gone',
    'target_not_found',
    'project.json',
    LINK,
    refusal(404, { code: 'not_found', message: 'Project not found.' }),
  ],
  [
    'a project without OIDC',
    'no_subject_token',
    'project.json',
    '`vercel env pull .env.local`',
    refusal(400, { code: 'bad_request', message: 'OIDC is not enabled for this project' }),
  ],
  ['another refusal', 'invalid_request', 'project.json', LINK, refusal(422, { code: 'unprocessable' })],
  [
    'throttling',
    'throttled',
    "Vercel's API",
    '`vercel env pull .env.local`',
    refusal(429, { code: 'rate_limited' }),
  ],
  ['an API that is down', 'unavailable', "Vercel's API", '`vercel whoami`', answer(503, 'down')],
  [
    'an answer without a token',
    'invalid_response',
    "Vercel's API",
    '`vercel env pull .env.local`',
    answer(200, '{'),
  ],
  [
    'a token that is none',
    'invalid_response',
    'project.json',
    '`vercel env pull .env.local`',
    answer(200, { token: 'x' }),
  ],
  [
    "another project's token",
    'invalid_response',
    'project.json',
    LINK,
    () => answer(200, { token: token({ project_id: 'prj_other' }) })(),
  ],
  [
    "production's token",
    'invalid_response',
    'project.json',
    LINK,
    () => answer(200, { token: token({ environment: 'production' }) })(),
  ],
  [
    'no network',
    'network',
    'https://api.vercel.com can not be reached',
    '`vercel whoami`',
    () => {
      here.answer = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    },
  ],

  [
    'no CLI',
    'no_subject_token',
    'node_modules/.bin of',
    '`npm install --global vercel`',
    () => ({ via: 'cli' }),
  ],
  [
    'a CLI that everybody may write',
    'no_subject_token',
    'node_modules/.bin/vercel is not run',
    '`npm install',
    () => {
      here.write(here.program('console.log(1)'), 'x', 0o777);
      return { via: 'cli' };
    },
  ],
  [
    'a CLI that is not logged in',
    'no_subject_token',
    'project.json',
    '`vercel login`',
    fails('Error: No existing credentials found.'),
  ],
  [
    'a CLI for another team',
    'access_denied',
    'project.json',
    '`vercel login`',
    fails('Error: The specified scope does not exist'),
  ],
  [
    'a CLI that finds no project',
    'target_not_found',
    'project.json',
    LINK,
    fails('Error: No such project exists'),
  ],
  [
    'a CLI of a project without OIDC',
    'no_subject_token',
    'project.json',
    '`vercel env pull .env.local`',
    fails('OIDC is not enabled'),
  ],
  [
    'an old CLI',
    'invalid_request',
    'project.json',
    '`npm install --global vercel@latest`',
    fails('Error: unknown or unexpected option: --format'),
  ],
  [
    'a CLI that just fails',
    'no_subject_token',
    'project.json',
    '`vercel project token prj_shop`',
    fails('boom'),
  ],
  [
    'a CLI that prints garbage',
    'invalid_response',
    'bin/vercel printed no token',
    '`vercel project token prj_shop`',
    () => viaCli('console.log("hello")'),
  ],
  [
    'a CLI that prints too much',
    'invalid_response',
    'bin/vercel printed more than',
    '`vercel project token prj_shop`',
    () => viaCli('console.log("x".repeat(100_000))'),
  ],
  [
    'a CLI that hangs',
    'timeout',
    'bin/vercel did not end within 700 ms',
    '`vercel project token prj_shop`',
    () => viaCli('setInterval(() => {}, 1000)', { timeoutMs: 700 }),
  ],
  [
    'a CLI that gives a foreign token',
    'invalid_response',
    'project.json',
    LINK,
    () => viaCli(`console.log(JSON.stringify({ token: ${JSON.stringify(token({ project_id: 'prj_b' }))} }))`),
  ],
  [
    'a CLI that can not be run',
    'no_subject_token',
    'bin/vercel could not be run',
    '`npm install --global vercel`',
    () => {
      here.write(here.program(''), '#!/nowhere/node\n', 0o755);
      return { via: 'cli' };
    },
  ],
];

describe('a failure names file and command', () => {
  it.each(ROWS)('%s', async (_what, code, names, command, arrange) => {
    here.write(join(here.project, '.env.local'), `VERCEL_OIDC_TOKEN=${token({}, -2)}`);
    const options = arrange() ?? {};
    const error = await here.token(options).then(
      () => 'no failure',
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(FederationError);
    expect(error).toMatchObject({ code, provider: 'vercel' });
    const { message, hint } = error as FederationError;
    expect(message).toContain(names);
    expect(hint).toContain(command);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/eyJ|vca_|vcr_/);
  });

  it('and the .env file that is stale, where a refresh was to mend it', async () => {
    const file = here.write(
      join(here.project, '.env.local'),
      `export VERCEL_OIDC_TOKEN='${token({}, -2)}' # old`,
    );
    rmSync(here.authFile);
    await expect(here.token()).rejects.toMatchObject({
      hint: expect.stringContaining(
        `${file} holds a VERCEL_OIDC_TOKEN that ended 2 hours ago: run \`vercel env pull .env.local\`.`,
      ) as string,
    });
  });
});
