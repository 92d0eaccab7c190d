/** Commands for an entry, without a configuration. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';
import { environmentEntries } from './environment-entries.js';

const cwd = mkdtempSync(join(tmpdir(), 'credex-variables-'));
afterAll(() => rmSync(cwd, { recursive: true }));
const files: string[] = [];
const write = (name: string, text: string): void => {
  writeFileSync(join(cwd, name), text);
  files.push(name);
};
afterEach(() => {
  for (const name of files.splice(0)) rmSync(join(cwd, name));
});

const ROLE = 'arn:aws:iam::123456789012:role/shop';
const AZURE = {
  AZURE_TENANT_ID: '00000000-0000-4000-8000-000000000001',
  AZURE_CLIENT_ID: '00000000-0000-4000-8000-000000000002',
};

test('each cloud has an entry of the variables that its package reads', async () => {
  const { credentials } = await environmentEntries({
    AWS_ROLE_ARN: ROLE,
    AWS_DEFAULT_REGION: 'eu-west-1',
    GCP_PROJECT_NUMBER: '742613904155',
    GCP_WORKLOAD_IDENTITY_POOL_ID: 'vercel',
    GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID: 'vercel',
    GCP_SERVICE_ACCOUNT_EMAIL: '',
    ...AZURE,
  });
  expect(credentials).toEqual({
    aws: { provider: 'aws', roleArn: ROLE, region: 'eu-west-1' },
    azure: { provider: 'azure', tenantId: AZURE.AZURE_TENANT_ID, clientId: AZURE.AZURE_CLIENT_ID },
    gcp: {
      provider: 'gcp',
      projectNumber: '742613904155',
      workloadIdentityPoolId: 'vercel',
      workloadIdentityPoolProviderId: 'vercel',
    },
  });
  // A region alone does not name a role.
  expect((await environmentEntries({ AWS_REGION: 'eu-west-1' })).credentials).toEqual({});
});

test.each(['doctor azure', 'print-config azure', 'exec azure -- true'])(
  '%s: neither a variable nor a .env file names another host for the token',
  async (command) => {
    const host = { AZURE_AUTHORITY_HOST: 'https://localhost:18443' };
    const lines = Object.entries({ ...AZURE, ...host }).map(([name, value]) => `${name}=${value}`);
    write('.env.local', lines.join('\n'));
    const env = { VERCEL_OIDC_TOKEN: 'x.y.z' };
    for (const given of [env, { ...env, ...host }]) {
      const { exit, stdout, stderr } = await runInMemory(command.split(' '), { cwd, env: given });
      expect(exit).not.toBe(0);
      expect(`${stdout}${stderr}`).toContain("must be 'https://login.microsoftonline.com' or");
    }
  },
);

test('.env files count in the order of Next.js, after the environment', async () => {
  write('.env', `AWS_ROLE_ARN=${ROLE}-1\nAWS_REGION=eu-west-1\nOTHER=1`);
  write('.env.local', `AWS_ROLE_ARN="${ROLE}-2"`);
  write('.env.development', `AWS_ROLE_ARN=${ROLE}-3`);
  const roleOf = async (env: Readonly<Record<string, string>>) =>
    (await environmentEntries(env, cwd)).variables;
  expect(await roleOf({})).toEqual({ AWS_ROLE_ARN: `${ROLE}-2`, AWS_REGION: 'eu-west-1' });
  expect(await roleOf({ AWS_ROLE_ARN: ROLE })).toMatchObject({ AWS_ROLE_ARN: ROLE });
});

test.each(['doctor', 'exec', 'print-config'])('%s works from .env.local alone', async (command) => {
  write('.env.local', `AWS_ROLE_ARN=${ROLE}\nAWS_REGION=eu-west-1`);
  const words = command === 'exec' ? ['aws', '--', 'true'] : command === 'doctor' ? [] : ['aws'];
  const { exit, stdout, stderr } = await runInMemory([command, ...words], { cwd });
  // Those that need a token come as far as that.
  const said = {
    doctor: '✓ the configuration is valid',
    exec: 'No Vercel OIDC token was found',
    'print-config': '[profile aws]',
  }[command];
  expect(`${stdout}${stderr}`).toContain(said);
  expect(exit).toBe(command === 'print-config' ? 0 : 3);
});

test('credential-process works from the variables of the process alone, in any directory, without a name', async () => {
  write('.env.local', 'AZURE_TENANT_ID=of-no-use');
  const run = (env: Readonly<Record<string, string>>) =>
    runInMemory(['credential-process', '--json'], { cwd, env });
  expect((await run({ AWS_ROLE_ARN: ROLE })).json()).toMatchObject({
    error: { code: 'no_subject_token' },
  });
  expect((await run({})).json()).toMatchObject({
    error: { option: '--config', hint: expect.stringContaining('AWS_ROLE_ARN') as string },
  });
});

test('several entries need a name, and a value that is wrong is reported', async () => {
  const run = (env: Readonly<Record<string, string>>, ...words: string[]) =>
    runInMemory(['print-config', ...words], { cwd, env });
  expect((await run({ AWS_ROLE_ARN: ROLE, ...AZURE }, 'vault')).stderr).toContain('It has aws, azure.');
  const wrong = await run({ AWS_ROLE_ARN: 'shop' }, 'aws');
  expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining('credentials.aws.roleArn')]);
});

test('a configuration is used instead of variables', async () => {
  const entry = { provider: 'aws', roleArn: ROLE };
  write('credex.config.json', JSON.stringify({ credentials: { mine: entry } }));
  const { stderr } = await runInMemory(['print-config', 'aws'], { cwd, env: { AWS_ROLE_ARN: ROLE } });
  expect(stderr).toContain('It has mine.');
});
