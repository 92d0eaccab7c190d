import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jwt, runInMemory } from '../memory-io.fixture.js';
import type { Ended, MemoryIo } from '../memory-io.fixture.js';

const CLOUDS = {
  aws: ['--account-id', '123456789012'],
  gcp: ['--google-project', 'acme-prod', '--google-project-number', '1'],
  azure: [],
} as const;
const SUBJECT = 'owner:acme:project:shop:environment:production';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'credex-setup-')));
  await mkdir(join(folder, '.git'));
  await mkdir(join(folder, '.vercel'));
});
afterEach(() => rm(folder, { recursive: true }));

const link = (contents: unknown): Promise<void> =>
  writeFile(
    join(folder, '.vercel/project.json'),
    typeof contents === 'string' ? contents : JSON.stringify(contents),
  );
const setup = (cloud: keyof typeof CLOUDS, argv: readonly string[] = [], io: MemoryIo = {}): Promise<Ended> =>
  runInMemory(['setup', cloud, ...CLOUDS[cloud], ...argv], { cwd: folder, ...io });
const inEnvironment = (claims: object = {}): MemoryIo => ({ env: { VERCEL_OIDC_TOKEN: jwt(claims) } });

describe.each(['aws', 'gcp', 'azure'] as const)('%s', (cloud) => {
  it('takes names, ids and issuer mode of the token at hand, and says so', async () => {
    await writeFile(join(folder, '.env.local'), `VERCEL_OIDC_TOKEN="${jwt()}"\n`);
    const { exit, stdout, stderr } = await setup(cloud);
    expect(exit).toBe(0);
    expect(stdout).toContain(cloud === 'gcp' ? 'team_acme' : SUBJECT);
    for (const taken of ['--team acme', '--project shop', '--environment production', '--issuer-mode team'])
      expect(stderr).toContain(
        `note: ${taken} comes from the token in VERCEL_OIDC_TOKEN in ${join(folder, '.env.local')}.`,
      );
  });

  it('trusts the global issuer where the token has it', async () => {
    const { exit, stdout } = await setup(cloud, [], inEnvironment({ iss: 'https://oidc.vercel.com' }));
    expect(exit).toBe(0);
    expect(stdout).not.toContain('oidc.vercel.com/acme');
    const exchanged = inEnvironment({ act: { sub: 'x' } });
    expect((await setup(cloud, [], exchanged)).stderr).not.toContain('--issuer-mode');
  });

  it('takes the name of the linked project', async () => {
    await link({ projectId: 'prj_shop', orgId: 'team_acme', projectName: 'shop' });
    const { exit, stdout, stderr } = await setup(cloud, ['--team', 'acme', '--environment', 'production']);
    expect(exit).toBe(0);
    expect(stdout).toContain(SUBJECT);
    expect(stderr).toContain(`--project shop comes from ${join(folder, '.vercel/project.json')}.`);
    // An id without the name that it belongs to is never taken.
    expect(stdout).not.toContain('prj_shop');
  });

  it('lets options win, and joins no name with the id of another project', async () => {
    const flags = ['--team', 'acme', '--project', 'web', '--environment', 'preview'];
    const { exit, stdout, stderr } = await setup(cloud, flags, inEnvironment());
    expect(exit).toBe(0);
    expect(stdout).toContain('owner:acme:project:web:environment:preview');
    expect(stdout).not.toMatch(/prj_shop|team_acme|production/);
    expect(stderr).toContain('belongs to another project and was ignored.');
  });

  it('passes over a token of another project than the linked one', async () => {
    await link({ projectId: 'prj_web', orgId: 'team_acme', projectName: 'web' });
    const { exit, stderr } = await setup(cloud, [], inEnvironment());
    expect(exit).toBe(2);
    expect(stderr).toMatch(/--team.*missing/);
  });
});

describe('what can not be used', () => {
  const FLAGS = ['--team', 'acme', '--project', 'shop', '--environment', 'production'];
  it.each<[string, () => Promise<void>]>([
    ['a link that breaks off', () => link('{"projectId":')],
    ['a link that is longer than any', () => link(' '.repeat(70_000))],
    ['a folder', () => mkdir(join(folder, '.vercel/project.json'))],
  ])('%s is reported and ignored', async (_what, make) => {
    await make();
    const { exit, stderr } = await setup('aws', FLAGS);
    expect(exit).toBe(0);
    expect(stderr).toContain('project.json is not a regular file with JSON and was ignored');
  });

  it('names that Vercel does not allow are ignored', async () => {
    await link({ projectId: '../x', orgId: 1, projectName: '$(id)' });
    const { exit, stdout } = await setup('aws', ['--team', 'acme', '--environment', 'production']);
    expect([exit, stdout]).toEqual([2, '']);
  });

  it('ignores a token of another platform, and a broken one that no option names', async () => {
    const foreign = inEnvironment({ iss: 'https://token.actions.githubusercontent.com' });
    expect((await setup('aws', FLAGS, foreign)).stderr).toContain('is not a token of Vercel');
    const broken = await setup('aws', FLAGS, { env: { VERCEL_OIDC_TOKEN: 'broken' } });
    expect(broken.exit).toBe(0);
    expect(broken.stderr).toContain('No token was used');
    expect((await setup('aws', [...FLAGS, '--token-file', 'missing'])).exit).toBe(3);
  });
});
