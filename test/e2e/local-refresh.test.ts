/** A laptop whose .env.local has ended: the token is renewed by the login of the Vercel CLI, and nothing else changes. */

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { getAwsCredentials } from '@credex/aws';
import type { Fetch } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { vercelTokenSource } from '@credex/vercel';
import { localTokenSource } from '@credex/vercel/local';
import type { LocalTokenSourceOptions } from '@credex/vercel/local';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { setEnvironment } from '../support/environment.js';
import { AUDIENCE, AWS, ISSUER, TEAM, trustPolicy } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
const ROLE = `arn:aws:iam::${AWS.accountId}:role/shop-development`;
const HOUR = 3_600_000;
const login = { userId: 'user_ada', teamIds: [TEAM.teamId] };
const OTHER = { ...TEAM, project: 'other', projectId: 'prj_other' };

beforeAll(() => {
  const subject = `owner:${TEAM.team}:project:${TEAM.project}:environment:development`;
  fixture.emulator.aws.createRole({
    arn: ROLE,
    trustPolicy: trustPolicy(ISSUER.slice('https://'.length), AUDIENCE, [subject], AWS.accountId),
    policies: [],
  });
  fixture.emulator.vercel.createProject(TEAM);
  fixture.emulator.vercel.createProject({ ...OTHER, oidc: false });
  fixture.emulator.vercel.createProject({
    ...TEAM,
    teamId: 'team_other',
    project: 'theirs',
    projectId: 'prj_theirs',
  });
});

let root: string;
let home: string;
let project: string;
let authFile: string;
const write = (path: string, content: string | object): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
};
const logIn = (): string => {
  const made = fixture.emulator.vercel.createLogin({ ...login, lifetimeSeconds: 8 * 3_600 });
  write(authFile, { ...made, refreshToken: 'vcr_of_the_cli_alone' });
  return made.token;
};
const link = (projectId: string, orgId = TEAM.teamId): void =>
  write(join(project, '.vercel', 'project.json'), { projectId, orgId });

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'credex-local-'));
  home = join(root, 'home');
  project = join(home, 'shop');
  authFile = join(home, '.local', 'share', 'com.vercel.cli', 'auth.json');
  link(TEAM.projectId);
  logIn();
  const ended = await fixture.mint({ environment: 'development', lifetimeSeconds: 43_200 });
  fixture.emulator.clock.advance(15 * HOUR);
  logIn();
  write(join(project, '.env.local'), `# Created by Vercel CLI\nVERCEL_OIDC_TOKEN="${ended}"\n`);
  setEnvironment({ VERCEL_OIDC_TOKEN: ended });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const local = (more: LocalTokenSourceOptions = {}) =>
  localTokenSource({
    directory: project,
    homeDirectory: home,
    apiEndpoint: fixture.emulator.url('vercel-api'),
    allowLoopbackHttp: true,
    clock: fixture.clock,
    ...more,
  });
const credentials = (tokenSource = local(), cache = createCredentialCache()) =>
  getAwsCredentials({ ...fixture.options.aws, roleArn: ROLE, cache, tokenSource });

/** Every path with its mode, and what is in it. */
function everything(): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const stats = lstatSync(join(root, name));
    const content = stats.isFile() ? readFileSync(join(root, name)) : '';
    found.set(name, `${stats.mode} ${stats.mtimeMs} ${createHash('sha256').update(content).digest('hex')}`);
  }
  return found;
}

test('the credential comes, and neither a variable nor a file of anybody else changes', async () => {
  const before = everything();
  const environment = { ...process.env };
  expect((await credentials()).accountId).toBe(AWS.accountId);
  expect({ ...process.env }).toEqual(environment);

  const after = everything();
  const added = [...after.keys()].filter((path) => !before.has(path));
  expect(added).toHaveLength(4);
  for (const path of added) {
    expect(path).toMatch(/^home\/\.cache(?:\/credex(?:\/vercel(?:\/[0-9a-f]{64}\.json)?)?)?$/);
    after.delete(path);
  }
  // The directory that `.cache` was made in has another time of change; no file has.
  for (const map of [before, after]) map.delete('home');
  expect(after).toEqual(before);
  const [asked] = fixture.emulator.log.entries('vercel-api');
  expect(asked).toMatchObject({ status: 200, notes: { action: 'project-token', userId: 'user_ada' } });
});

test('one refresh for all who ask, and the next process needs none for 12 hours', async () => {
  await Promise.all(Array.from({ length: 30 }, () => credentials()));
  // Another directory of the CLI is another user to this process's cache; the file is the same.
  const nextProcess = () => local({ configDirectory: dirname(authFile) });
  await credentials(nextProcess());
  expect(fixture.emulator.log.count('vercel-api')).toBe(1);

  fixture.emulator.clock.advance(12 * HOUR);
  logIn();
  await credentials(nextProcess());
  expect(fixture.emulator.log.count('vercel-api')).toBe(2);
});

test('says which file is stale, by an event', async () => {
  const messages: string[] = [];
  await credentials(local({ onEvent: (event) => event.type === 'warning' && messages.push(event.message) }));
  expect(messages).toEqual([
    `${join(project, '.env.local')} contains a VERCEL_OIDC_TOKEN that expired 3 hours ago: run \`vercel env pull .env.local\`.`,
  ]);
});

test('another audience is asked for with the renewed token', async () => {
  const tokenSource = local({ tokenEndpoint: `${fixture.emulator.url('issuer')}/~token` });
  const token = await tokenSource.capture().token({
    audience: 'https://api.acme.example',
    fresh: false,
    signal: new AbortController().signal,
  });
  expect(token.claims).toMatchObject({ aud: 'https://api.acme.example', environment: 'development' });
});

test('the default source does the same on a laptop, last of all', async () => {
  setEnvironment({
    NODE_ENV: undefined,
    CI: undefined,
    HOME: home,
    XDG_CACHE_HOME: undefined,
    XDG_DATA_HOME: undefined,
  });
  vi.spyOn(process, 'cwd').mockReturnValue(project);
  const toEmulator: Fetch = (url, init) =>
    fetch(String(url).replace('https://api.vercel.com', fixture.emulator.url('vercel-api')), init);
  const source = () => vercelTokenSource({ clock: fixture.clock, fetch: toEmulator });
  expect((await credentials(source())).accountId).toBe(AWS.accountId);
  expect(fixture.emulator.log.count('vercel-api')).toBe(1);

  setEnvironment({ CI: 'true' });
  await expect(credentials(source())).rejects.toMatchObject({ code: 'subject_token_expired' });
  expect(fixture.emulator.log.count('vercel-api')).toBe(1);
});

test.each<readonly [string, string, string, string, () => void]>([
  [
    'a login that was revoked',
    'no_subject_token',
    'auth.json',
    '`vercel login`',
    () => fixture.emulator.vercel.revokeLogin(logIn()),
  ],
  [
    'a login that has ended',
    'no_subject_token',
    'auth.json has expired',
    '`vercel whoami`',
    () => fixture.emulator.clock.advance(9 * HOUR),
  ],
  [
    'a team of others',
    'access_denied',
    'project.json',
    '`vercel link`',
    () => link('prj_theirs', 'team_other'),
  ],
  ['a project that is gone', 'target_not_found', 'project.json', '`vercel link`', () => link('prj_gone')],
  [
    'a project without OIDC',
    'no_subject_token',
    'project.json',
    '`vercel env pull .env.local`',
    () => link(OTHER.projectId),
  ],
  [
    'throttling',
    'throttled',
    "Vercel's API",
    '`vercel env pull .env.local`',
    () => plant({ kind: 'throttle' }),
  ],
  [
    'an API that is down',
    'unavailable',
    "Vercel's API",
    '`vercel whoami`',
    () => plant({ kind: 'status', status: 503 }),
  ],
  [
    'a portal in between',
    'invalid_response',
    "Vercel's API",
    '`vercel env pull .env.local`',
    () => plant({ kind: 'malformed' }),
  ],
  [
    'an answer without its token',
    'invalid_response',
    "Vercel's API",
    '`vercel env pull .env.local`',
    () => plant({ kind: 'missing-field', field: 'token' }),
  ],
  [
    'a connection that breaks',
    'network',
    'can not be reached',
    '`vercel whoami`',
    () => plant({ kind: 'reset' }),
  ],
])('%s: file and command', async (_what, code, names, command, arrange) => {
  arrange();
  const error: unknown = await credentials().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FederationError);
  expect(error).toMatchObject({ code, provider: 'vercel' });
  expect((error as FederationError).message).toContain(names);
  expect((error as FederationError).hint).toContain(command);
  expect((error as FederationError).hint).toContain(`${join(project, '.env.local')} contains`);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/eyJ|vca_|vcr_/);
});

test('a redirect is not followed with the login', async () => {
  plant({ kind: 'redirect', location: `${fixture.emulator.url('issuer')}/~token` });
  await expect(credentials()).rejects.toMatchObject({ code: 'redirect_refused' });
  expect(fixture.emulator.log.count('issuer')).toBe(0);
});

function plant(fault: Parameters<typeof fixture.emulator.faults.plant>[0]['fault']): void {
  fixture.emulator.faults.plant({ service: 'vercel-api', fault });
}
