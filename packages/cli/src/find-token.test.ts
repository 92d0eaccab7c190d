import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOW, jwt, runInMemory } from './memory-io.fixture.js';
import type { MemoryIo } from './memory-io.fixture.js';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'credex-cli-')));
});
afterEach(() => rm(folder, { recursive: true }));

const put = async (path: string, text: string): Promise<string> => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
  return join(folder, path);
};
const token = (project: string, more: object = {}): string =>
  jwt({ project, sub: `owner:acme:project:${project}:environment:production`, ...more });
const ENDED = { exp: NOW / 1000 - 60 };

interface Report {
  readonly claims: { readonly project: string };
  readonly source: { readonly kind: string; readonly path?: string; readonly variable?: string };
  readonly passedOver: readonly { readonly place: unknown }[];
}
const whoami = async (io: MemoryIo, ...argv: string[]): Promise<Report> =>
  (await runInMemory(['whoami', '--json', ...argv], { cwd: folder, ...io })).json() as Report;

describe('where the token is looked for', () => {
  it('file, variable, .env files of the folder, then of those above up to the repository', async () => {
    await put('.env.local', `VERCEL_OIDC_TOKEN="${token('outside')}"\n`);
    await mkdir(join(folder, 'repository/.git'), { recursive: true });
    const io: MemoryIo = { cwd: join(folder, 'repository/apps/web'), env: {} };
    await mkdir(join(folder, 'repository/apps/web'), { recursive: true });
    expect(await whoami(io)).toMatchObject({ error: { code: 'no_subject_token' } });

    await put('repository/.env.local', `# comment\nexport OTHER=1\nVERCEL_OIDC_TOKEN=${token('above')}\n`);
    expect((await whoami(io)).claims.project).toBe('above');
    const path = await put(
      'repository/apps/web/.env.local',
      `\ufeffVERCEL_OIDC_TOKEN='${token('here')}'\r\n`,
    );
    expect(await whoami(io)).toMatchObject({
      claims: { project: 'here' },
      source: { kind: 'env-file', path },
    });

    const env = { VERCEL_OIDC_TOKEN: token('variable') };
    expect(await whoami({ ...io, env })).toMatchObject({
      claims: { project: 'variable' },
      source: { kind: 'variable', variable: 'VERCEL_OIDC_TOKEN' },
    });
    const file = await put('token', `${token('file')}\n`);
    expect(await whoami({ ...io, env: { ...env, VERCEL_OIDC_TOKEN_FILE: file } })).toMatchObject({
      claims: { project: 'file' },
      source: { kind: 'file', path: file, variable: 'VERCEL_OIDC_TOKEN_FILE' },
    });
  });

  it('outside of a repository, up to the home folder; outside of both, in the folder alone', async () => {
    await put('.env.local', `VERCEL_OIDC_TOKEN=${token('home')}`);
    await mkdir(join(folder, 'a/b'), { recursive: true });
    const io = { cwd: join(folder, 'a/b') };
    expect((await whoami({ ...io, env: { HOME: folder } })).claims.project).toBe('home');
    expect(await whoami({ ...io, env: {} })).toMatchObject({ error: { code: 'no_subject_token' } });
  });

  it('a live one before an expired one, which is named', async () => {
    await put('.env.local', `VERCEL_OIDC_TOKEN=${token('live')}`);
    const env = { VERCEL_OIDC_TOKEN: token('stale', ENDED) };
    expect(await whoami({ env })).toMatchObject({
      claims: { project: 'live' },
      passedOver: [{ place: { kind: 'variable' }, expiresAt: NOW - 60_000 }],
    });
  });

  it('an expired one where there is no other', async () => {
    const env = { VERCEL_OIDC_TOKEN: token('stale', ENDED) };
    expect((await runInMemory(['whoami'], { cwd: folder, env })).exit).toBe(1);
  });

  it('an empty variable is none', async () => {
    await put('.env.local', 'VERCEL_OIDC_TOKEN=\n');
    await put('.env', `VERCEL_OIDC_TOKEN=${token('next')}`);
    const env = { VERCEL_OIDC_TOKEN: '', VERCEL_OIDC_TOKEN_FILE: '' };
    expect((await whoami({ env })).claims.project).toBe('next');
  });
});

describe('a token named on the command line', () => {
  it('comes from a file or from standard input', async () => {
    await put('some-token', token('file'));
    expect((await whoami({}, '--token-file', 'some-token')).claims.project).toBe('file');
    expect(await whoami({ stdin: ` ${token('stdin')}\n` }, '--token', '-')).toMatchObject({
      claims: { project: 'stdin' },
      source: { kind: 'standard-input' },
    });
  });

  it.each([
    [['--token', jwt()], 2, 'invalid_argument'],
    [['--token', '-', '--token-file', 'x'], 2, 'conflicting_arguments'],
    [['--local', '--token-file', 'x'], 2, 'conflicting_arguments'],
    [['--token-file', 'absent'], 3, 'no_subject_token'],
    [['--token', '-'], 3, 'invalid_subject_token'],
  ])('%#: is refused', async (argv, exit, code) => {
    const ended = await runInMemory(['whoami', '--json', ...argv], { cwd: folder, stdin: 'garbage' });
    expect(ended.exit).toBe(exit);
    expect(ended.json()).toMatchObject({ error: { code } });
    expect(ended.stdout).not.toContain('eyJ');
  });

  it('says in which place no token was', async () => {
    const path = await put('.env.local', 'VERCEL_OIDC_TOKEN=secret-of-another-kind');
    const { exit, stderr } = await runInMemory(['whoami'], { cwd: folder });
    expect(exit).toBe(3);
    expect(stderr).toContain(path);
    expect(stderr).not.toContain('secret-of-another-kind');
  });
});
