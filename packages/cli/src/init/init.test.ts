import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { jwt, runInMemory } from '../memory-io.fixture.js';
import type { MemoryIo } from '../memory-io.fixture.js';
import type { Prompts } from '../prompts.js';

// The first test loads the packages of all clouds.
vi.setConfig({ testTimeout: 90_000 });

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'credex-init-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const read = (name: string): string => readFileSync(join(cwd, name), 'utf8');
const write = (name: string, text: string): void => writeFileSync(join(cwd, name), text);
const init = (words: readonly string[], io: MemoryIo = {}) =>
  runInMemory(['init', ...words], { cwd, env: { HOME: cwd }, ...io });

const WHO = ['--team', 'acme', '--project', 'shop'];
const AWS = ['aws', ...WHO, '--account-id', '123456789012', '--region', 'eu-west-1'];
const GCP = ['gcp', ...WHO, '--google-project', 'acme-prod', '--google-project-number', '742613904155'];
const TENANT = '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11';
const CLIENT = 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22';
const AZURE = ['azure', ...WHO, '--tenant-id', TENANT, '--client-id', CLIENT];

test.each([
  [
    AWS,
    'AWS_ROLE_ARN=arn:aws:iam::123456789012:role/vercel-shop\nAWS_REGION=eu-west-1\n',
    ['commands.sh', 'trust-policy.json', 'vercel.template.json', 'vercel.tf'],
  ],
  [
    GCP,
    'GCP_PROJECT_NUMBER=742613904155\nGCP_WORKLOAD_IDENTITY_POOL_ID=vercel\nGCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID=vercel\nGCP_PROJECT_ID=acme-prod\n',
    ['commands.sh', 'vercel.tf'],
  ],
  [AZURE, `AZURE_TENANT_ID=${TENANT}\nAZURE_CLIENT_ID=${CLIENT}\n`, ['commands.sh', 'vercel.tf']],
])(
  '%s writes the variables, the seed and the trust; what it wrote is enough for the other commands',
  async (words, variables, trust) => {
    const [cloud = ''] = words;
    const { exit, stdout } = await init(words);
    expect(exit).toBe(0);
    expect(read('.env.local')).toBe(variables);
    expect(statSync(join(cwd, '.env.local')).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(cwd, 'trust', cloud)).sort()).toEqual(trust);
    expect(Object.keys(JSON.parse(read('credex.emulator.json')) as object)).toEqual(['vercel', cloud]);
    expect(stdout).toContain('npx credex dev -- COMMAND');
    const { json } = await runInMemory(['doctor', '--json'], { cwd, env: { HOME: cwd } });
    expect(json()).toMatchObject({ name: cloud, fault: { step: 'token' } });
    // The seed is one that the emulator takes.
    const { startEmulator } = await import('@credex/testing/emulator');
    const emulator = await startEmulator({ seed: JSON.parse(read('credex.emulator.json')) as object });
    await emulator.close();
  },
);

test('a second cloud is added to the seed, and a second run changes nothing', async () => {
  await init(AWS);
  write('credex.emulator.json', read('credex.emulator.json').replace('shop-dev', 'my-bucket'));
  await init(GCP);
  const seed = read('credex.emulator.json');
  expect(Object.keys(JSON.parse(seed) as object).sort()).toEqual(['aws', 'gcp', 'vercel']);
  expect(seed).toContain('my-bucket');
  const again = await init([...AWS, '--json']);
  const { files, notes } = again.json() as { files: { status: string }[]; notes: string[] };
  expect(new Set(files.map(({ status }) => status))).toEqual(new Set(['unchanged']));
  expect(notes[0]).toMatch(/has a section `aws` already.*delete the file/);
  expect(read('credex.emulator.json')).toBe(seed);
});

describe('.env.local', () => {
  test('keeps what it has', async () => {
    write('.env.local', '# mine\nVERCEL_OIDC_TOKEN="x"\nAWS_REGION=eu-west-1');
    await init(AWS);
    expect(read('.env.local')).toBe(
      '# mine\nVERCEL_OIDC_TOKEN="x"\nAWS_REGION=eu-west-1\nAWS_ROLE_ARN=arn:aws:iam::123456789012:role/vercel-shop\n',
    );
  });

  test('a variable with another value is an error before anything is written; --force replaces it', async () => {
    write('.env.local', 'export AWS_REGION=us-east-1\nOTHER=1\n');
    const { exit, stderr } = await init(AWS);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('AWS_REGION has another value')]);
    expect(readdirSync(cwd)).toEqual(['.env.local']);
    expect((await init([...AWS, '--force'])).exit).toBe(0);
    expect(read('.env.local')).toMatch(/^AWS_REGION=eu-west-1\nOTHER=1\nAWS_ROLE_ARN=/);
  });

  test('--force replaces a variable in the first line, after a mark of the byte order', async () => {
    write('.env.local', '\ufeffAWS_REGION=us-east-1\n');
    expect((await init([...AWS, '--force'])).exit).toBe(0);
    expect(read('.env.local')).toMatch(/^\ufeffAWS_REGION=eu-west-1\nAWS_ROLE_ARN=/);
  });

  test('a link out of the project is refused, one to the root of its repository is followed', async () => {
    const env = { HOME: '/nowhere' };
    const inner = join(cwd, 'app');
    mkdirSync(inner);
    write('common', 'A=1\n');
    symlinkSync('../common', join(inner, '.env.local'));
    const { exit, stderr } = await init(AWS, { cwd: inner, env });
    expect([exit, stderr]).toEqual([
      2,
      expect.stringMatching(/leads out of the project.*Nothing was written/),
    ]);
    expect(stderr).toContain('Replace the link by a regular file');
    expect([read('common'), readdirSync(inner)]).toEqual(['A=1\n', ['.env.local']]);
    mkdirSync(join(cwd, '.git'));
    expect((await init(AWS, { cwd: inner, env })).exit).toBe(0);
    expect(read('common')).toMatch(/^A=1\nAWS_ROLE_ARN/);
  });

  test('the folder of the user is no repository', async () => {
    const inner = join(cwd, 'app');
    mkdirSync(inner);
    mkdirSync(join(cwd, '.git'));
    symlinkSync('../common', join(inner, '.env.local'));
    write('common', '');
    expect((await init(AWS, { cwd: inner, env: { HOME: cwd } })).exit).toBe(2);
  });

  test('a seed that is a link out of the project is refused, not copied', async () => {
    symlinkSync('/etc/hostname', join(cwd, 'credex.emulator.json'));
    const { exit, stderr } = await init(AWS);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('leads out of the project')]);
    expect(readdirSync(cwd)).toEqual(['credex.emulator.json']);
  });

  test('a link stays a link', async () => {
    write('common', 'A=1\n');
    symlinkSync('common', join(cwd, '.env.local'));
    await init(AWS);
    expect(lstatSync(join(cwd, '.env.local')).isSymbolicLink()).toBe(true);
    expect(read('common')).toMatch(/^A=1\nAWS_ROLE_ARN/);
  });
});

test('a link of a folder that somebody else made is replaced, not written through', async () => {
  const outside = join(cwd, '..', `${basename(cwd)}-outside`);
  mkdirSync(join(cwd, 'trust', 'aws'), { recursive: true });
  symlinkSync(outside, join(cwd, 'trust', 'aws', 'commands.sh'));
  expect((await init(AWS)).exit).toBe(0);
  expect(existsSync(outside)).toBe(false);
  expect(lstatSync(join(cwd, 'trust', 'aws', 'commands.sh')).isFile()).toBe(true);
});

describe('a linked folder', () => {
  test.each([
    ['trust', 'outside'],
    ['trust', 'nowhere'],
    ['trust/aws', 'outside'],
  ])('%s that leads out, to a folder that is %s, is refused before anything is written', async (name, to) => {
    const project = join(cwd, 'project');
    mkdirSync(join(project, name, '..'), { recursive: true });
    mkdirSync(join(cwd, 'outside'));
    symlinkSync(join(cwd, to), join(project, name));
    const { exit, stderr } = await init(AWS, { cwd: project });
    expect([exit, stderr]).toEqual([2, expect.stringContaining('Nothing was written')]);
    expect(readdirSync(join(cwd, 'outside'))).toEqual([]);
    expect(readdirSync(project)).toEqual(['trust']);
  });

  test('that stays in the project is used', async () => {
    mkdirSync(join(cwd, 'infrastructure'));
    symlinkSync('infrastructure', join(cwd, 'trust'));
    expect((await init(AWS)).exit).toBe(0);
    expect(readdirSync(join(cwd, 'infrastructure'))).toEqual(['aws']);
  });
});

describe('a named pipe is not waited for', () => {
  test.each(['.env.local', 'credex.emulator.json', 'trust/aws/vercel.tf'])(
    'as %s: an error',
    async (name) => {
      mkdirSync(join(cwd, 'trust', 'aws'), { recursive: true });
      execFileSync('/usr/bin/mkfifo', [join(cwd, name)]);
      const { exit, stderr } = await init([...AWS, '--force']);
      expect([exit, stderr]).toEqual([2, expect.stringContaining('Make it a regular file')]);
    },
  );

  test('as a lockfile or package.json, which are not needed', async () => {
    for (const name of ['yarn.lock', 'package.json']) execFileSync('/usr/bin/mkfifo', [join(cwd, name)]);
    const { exit, stdout } = await init(AWS);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('yarn credex dev')]);
  });

  test('as the seed of `credex dev`', async () => {
    execFileSync('/usr/bin/mkfifo', [join(cwd, 'credex.emulator.json')]);
    const { exit, stderr } = await runInMemory(['dev', '--', 'true'], { cwd, env: { HOME: cwd } });
    expect([exit, stderr]).toEqual([2, expect.stringContaining('is a regular file')]);
  });
});

test('a seed that is a list is not taken for an object', async () => {
  write('credex.emulator.json', '[]');
  const { exit, stderr } = await init(AWS);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('is not a JSON object')]);
  expect(read('credex.emulator.json')).toBe('[]');
});

test('files that were changed are not overwritten without --force', async () => {
  await init(AWS);
  write('trust/aws/vercel.tf', '# mine');
  const { exit, stderr } = await init(AWS);
  expect([exit, stderr]).toEqual([
    2,
    expect.stringMatching(/vercel\.tf exists with another content\. Nothing was written\./),
  ]);
  await init([...AWS, '--force']);
  expect(read('trust/aws/vercel.tf')).not.toContain('# mine');
});

test('team and project come from the link and the token, and the ids go into the seed', async () => {
  mkdirSync(join(cwd, '.vercel'));
  write(
    '.vercel/project.json',
    JSON.stringify({ projectId: 'prj_shop', orgId: 'team_acme', projectName: 'shop' }),
  );
  const env = { HOME: cwd, VERCEL_OIDC_TOKEN: jwt() };
  const { exit } = await init(['gcp', ...GCP.slice(5)], { env });
  expect(exit).toBe(0);
  expect(read('credex.emulator.json')).toContain("assertion.project_id == 'prj_shop'");
});

test('the next steps are those of the project’s package manager, without what is installed', async () => {
  write('pnpm-lock.yaml', '');
  write('package.json', JSON.stringify({ scripts: { dev: 'next dev' }, devDependencies: { credex: '*' } }));
  const { json } = await init([...AWS, '--json']);
  const { next } = json() as { next: { commands: string[] }[] };
  expect(next.flatMap(({ commands }) => commands)).toEqual([
    'pnpm add @credex/aws',
    'pnpm add -D @credex/testing',
    'pnpm exec credex dev -- pnpm run dev',
    'sh trust/aws/commands.sh',
    'printf %s arn:aws:iam::123456789012:role/vercel-shop | vercel env add AWS_ROLE_ARN production',
    'printf %s eu-west-1 | vercel env add AWS_REGION production',
  ]);
});

describe('without a terminal', () => {
  test.each([
    [['aws'], ['--team', '--project', '--account-id']],
    [
      ['gcp', ...WHO],
      ['--google-project', '--google-project-number'],
    ],
    [
      ['azure', ...WHO],
      ['--tenant-id', '--client-id'],
    ],
    [[...AWS, '--region', 'europe'], ['--region']],
    [[...AWS, '--storage', 'A'], ['--storage']],
    [[], ['credex init aws|azure|gcp']],
  ])('%j: everything that is missing or wrong, and nothing is written', async (words, named) => {
    const { exit, stderr } = await init(words);
    expect(exit).toBe(2);
    for (const name of named) expect(stderr).toContain(name);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

/** Answers in order; what was asked. */
function person(answers: readonly string[]): { prompts: Prompts; asked: string[] } {
  const asked: string[] = [];
  const answer = async (question: string): Promise<string> => answers[asked.push(question) - 1] ?? '';
  return { prompts: { text: answer, select: answer, confirm: async () => false }, asked };
}

test('on a terminal it asks for what is missing, and again for what is wrong', async () => {
  const { prompts, asked } = person(['aws', 'acme', 'shop', '1234', '123456789012']);
  const { exit } = await init([], { prompts });
  expect(exit).toBe(0);
  expect(asked).toEqual([
    'Which cloud does the project use?',
    "the Vercel team's slug, as in the dashboard's address (--team)",
    "the Vercel project's name (--project)",
    'the AWS account (--account-id)',
    expect.stringMatching(/`--account-id` must be .*12 digits.* the AWS account \(--account-id\)/),
  ]);
  expect(read('.env.local')).toContain('123456789012');
});
