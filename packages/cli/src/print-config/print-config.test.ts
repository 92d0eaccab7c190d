import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';

const cwd = mkdtempSync(join(tmpdir(), 'credex print-'));
const config = join(cwd, 'credex.config.json');
writeFileSync(
  config,
  JSON.stringify({
    credentials: {
      store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop', region: 'eu-west-1' },
      reports: {
        provider: 'gcp',
        projectNumber: '742613904155',
        workloadIdentityPoolId: 'vercel',
        workloadIdentityPoolProviderId: 'vercel',
        serviceAccountEmail: 'shop@acme-prod.iam.gserviceaccount.com',
      },
      chained: {
        provider: 'gcp',
        projectNumber: '742613904155',
        workloadIdentityPoolId: 'vercel',
        workloadIdentityPoolProviderId: 'vercel',
        serviceAccountEmail: 'shop@acme-prod.iam.gserviceaccount.com',
        delegates: [
          'projects/-/serviceAccounts/one@acme-prod.iam.gserviceaccount.com',
          'two@acme-prod.iam.gserviceaccount.com',
        ],
      },
      vault: {
        provider: 'azure',
        tenantId: '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11',
        clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22',
      },
    },
  }),
);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const printed = (...argv: string[]) => runInMemory(['print-config', ...argv], { cwd });

describe('credex print-config', () => {
  it("AWS: a profile, with a path that has a space in AWS's own quotes", async () => {
    const { exit, stdout, stderr } = await printed('store', '--config', config, '--local');
    expect(exit).toBe(0);
    expect(stdout).toBe(
      `[profile store]\ncredential_process = credex credential-process store --config "${config}" --local\nregion = eu-west-1\n`,
    );
    expect(stderr).toContain('~/.aws/config');
  });

  it('Google Cloud: an external_account file that runs credex', async () => {
    const { stdout } = await printed('reports', '--command', 'npx credex');
    expect(JSON.parse(stdout)).toEqual({
      type: 'external_account',
      audience:
        '//iam.googleapis.com/projects/742613904155/locations/global/workloadIdentityPools/vercel/providers/vercel',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      service_account_impersonation_url:
        'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/shop@acme-prod.iam.gserviceaccount.com:generateAccessToken',
      credential_source: {
        executable: {
          command: `npx credex google-executable reports --config "${config}"`,
          timeout_millis: 30_000,
        },
      },
    });
  });

  it('Google Cloud: the file has no delegation chain, so the note has it', async () => {
    const gcloud = await printed('chained');
    expect(JSON.parse(gcloud.stdout)).not.toHaveProperty('service_account_impersonation_url');
    expect(gcloud.stderr).toContain(
      'gcloud config set auth/impersonate_service_account one@acme-prod.iam.gserviceaccount.com,two@acme-prod.iam.gserviceaccount.com,shop@acme-prod.iam.gserviceaccount.com',
    );
    expect((await printed('chained', '--for', 'terraform')).stderr).toContain(
      'impersonate_service_account_delegates = ["one@acme-prod.iam.gserviceaccount.com", "two@acme-prod.iam.gserviceaccount.com"]',
    );
  });

  it('Azure: lines that a shell reads', async () => {
    const { stdout } = await printed('vault', '--config', config, '--command', 'true');
    const shown = execFileSync('sh', ['-ec', `${stdout}\necho "$AZURE_FEDERATED_TOKEN_FILE $ARM_USE_OIDC"`], {
      env: { HOME: '/home/ada lovelace', PATH: process.env['PATH'] },
      encoding: 'utf8',
    });
    expect(shown).toBe('/home/ada lovelace/.credex-vault.jwt true\n');
    expect((await printed('vault', '--for', 'azure-cli')).stdout).toContain('az login --service-principal');
  });

  it('Terraform reads the same; no other tool is made up', async () => {
    expect((await printed('store', '--for', 'terraform')).stdout).toContain('profile = "store"');
    const { exit, stderr } = await printed('store', '--for', 'gcloud');
    expect([exit, stderr.includes('--for takes aws, terraform')]).toEqual([2, true]);
    expect((await printed('store', '--for', 'constructor')).exit).toBe(2);
  });

  it('says as JSON what it says to people', async () => {
    const document = (await printed('store', '--json')).json();
    expect(document).toMatchObject({
      name: 'store',
      for: 'aws',
      goes: expect.stringContaining('~/.aws') as string,
    });
  });

  it.each(['a"b', 'a$(id)b c', 'a`id` b', '%PATH% b'])(
    'refuses a path that no reader could be given: %s',
    async (path) => {
      const { exit, stderr } = await printed('store', '--token-file', path);
      expect([exit, stderr.includes('must not contain a quote')]).toEqual([2, true]);
    },
  );
});

describe('control characters in a path', () => {
  it.each([['store'], ['vault']])('are refused for %s', async (name) => {
    const { exit, stderr } = await printed(name, '--token-file', 'a\nb');
    expect([exit, stderr.includes('control character')]).toEqual([2, true]);
  });

  it('are refused before a token is written there', async () => {
    const argv = ['azure-token-file', 'vault', '--path', 'a\nb'];
    const { exit, stderr } = await runInMemory(argv, { cwd });
    expect([exit, stderr.includes('control character')]).toEqual([2, true]);
  });
});

describe('secrets and terminals', () => {
  it.each([['credential-process'], ['google-executable']])(
    '%s prints nothing to a terminal',
    async (command) => {
      const { exit, stdout, stderr } = await runInMemory([command, 'store'], { cwd, terminal: 80 });
      expect([exit, stdout]).toEqual([2, '']);
      expect(stderr).toContain('--show-secrets');
    },
  );
});
