/** `local: 'profile'` with the official chains: an AWS profile, an application default file, an `az` on PATH. */

import type { CredentialEvent } from '@credex/core';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AWS, AZURE, GCP } from './entries.fixture.js';
import { createCredentials } from './create-credentials.js';
import { defineConfig } from '@credex/config';

vi.setConfig({ testTimeout: 30_000 });

let home: string;
let events: CredentialEvent[];
beforeEach(() => {
  events = [];
  home = mkdtempSync(join(tmpdir(), 'credex-home-'));
  for (const name of Object.keys(process.env))
    if (/^(AWS|GCP|GOOGLE|GCLOUD|CLOUDSDK|AZURE|VERCEL|CREDEX)_?/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('CI', 'false');
  vi.stubEnv('NODE_ENV', 'development');
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', join(home, 'config'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const config = defineConfig({
  credentials: {
    store: { ...AWS, provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop', local: 'profile' },
    data: { ...GCP, provider: 'gcp', local: 'profile' },
    blobs: { ...AZURE, provider: 'azure', local: 'profile' },
    strict: { ...AWS, provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' },
  },
});

const open = (more: object = {}) =>
  createCredentials(config, { onEvent: (event) => events.push(event), ...more });
const warnings = (): readonly string[] =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

function awsProfile(more: string): void {
  const keys = 'aws_access_key_id = LOCALKEY\naws_secret_access_key = local\n';
  writeFileSync(join(home, 'credentials'), `[default]\n${keys}${more}\n`);
}
const SESSION = 'aws_session_token = session\naws_account_id = 210987654321';

describe('AWS', () => {
  test("uses the developer's profile, keeps the provider's shape, and sends a warning", async () => {
    awsProfile(SESSION);
    const provider = await open().get('store');
    const found = { accessKeyId: 'LOCALKEY', sessionToken: 'session', accountId: '210987654321' };
    expect(await provider.getCredentials()).toMatchObject(found);
    expect(await provider()).toMatchObject({ ...found, expiration: expect.any(Date) });
    expect(warnings()).toEqual([
      "credentials.store: no Vercel token was found, so the AWS profile of this machine is used (local: 'profile').",
    ]);
    expect(provider.status().state).toBe('fresh');
    expect(provider.memoized).toBe(true);
    await provider.getCredentials();
    expect(events.filter(({ type }) => type === 'exchange-succeeded')).toHaveLength(1);
  });

  test.each([
    ['a long-term key', '', /long-term access key.*aws sso login/],
    ['no account', 'aws_session_token = session', /no account id.*AWS_ACCOUNT_ID/],
  ])('%s is refused', async (_what, more, says) => {
    awsProfile(more);
    const asking = open().getCredentials('store');
    await expect(asking).rejects.toMatchObject({ code: 'no_subject_token' });
    await expect(asking).rejects.toThrow(says);
  });

  test('without a profile either, the hint names both fixes', async () => {
    await expect(open().getCredentials('store')).rejects.toThrow(/vercel env pull.*aws login/);
  });

  test('an entry without `local` never uses the profile', async () => {
    awsProfile(SESSION);
    await expect(open().getCredentials('strict')).rejects.toMatchObject({ code: 'no_subject_token' });
    expect(warnings()).toEqual([]);
  });

  test.each([
    { VERCEL: '1' },
    { CI: 'true' },
    { VERCEL_ENV: 'production' },
    { VERCEL_ENV: 'preview' },
    { VERCEL_ENV: 'development', VERCEL_TARGET_ENV: 'staging' },
    { VERCEL_ENV: 'preview', VERCEL_TARGET_ENV: 'development' },
    { NODE_ENV: 'production' },
    { NODE_ENV: 'test' },
    { NODE_ENV: 'production', CI: '0' },
  ])('never with %o', async (environment) => {
    awsProfile(SESSION);
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    await expect(open().getCredentials('store')).rejects.toMatchObject({ code: 'no_subject_token' });
    expect(warnings()).toEqual([]);
  });

  test('an invalid token does not cause the fallback', async () => {
    awsProfile(SESSION);
    vi.stubEnv('VERCEL_OIDC_TOKEN', 'nonsense');
    await expect(open().getCredentials('store')).rejects.toMatchObject({ code: 'invalid_subject_token' });
  });

  test('two concurrent first calls load the profile once', async () => {
    awsProfile(SESSION);
    const credentials = open();
    await Promise.all(Array.from({ length: 20 }, () => credentials.getCredentials('store')));
    expect(events.filter(({ type }) => type === 'exchange-started')).toHaveLength(1);
    expect(warnings()).toHaveLength(1);
  });
});

test('Google Cloud: application default credentials', async () => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        access_token: 'a-local-token',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 3600,
      }),
    );
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  writeFileSync(join(home, 'subject'), 'subject');
  const file = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `http://127.0.0.1:${port}/v1/token`,
    credential_source: { file: join(home, 'subject') },
  };
  writeFileSync(join(home, 'adc.json'), JSON.stringify(file));
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(home, 'adc.json'));
  try {
    const provider = await open().get('data');
    expect(await provider.getCredentials()).toMatchObject({ accessToken: 'a-local-token' });
    expect(await provider.getAccessToken()).toMatchObject({ access_token: 'a-local-token' });
    expect(warnings()[0]).toMatch(/credentials\.data: .*gcloud application default/);
  } finally {
    server.close();
  }
});

test('Azure: az login', async () => {
  mkdirSync(join(home, 'bin'));
  const answer = JSON.stringify({
    accessToken: 'an-az-token',
    expiresOn: '2099-01-01 00:00:00.000000',
    expires_on: 4_070_908_800,
    tokenType: 'Bearer',
  });
  writeFileSync(join(home, 'bin', 'az'), `#!/bin/sh\necho '${answer}'\n`);
  chmodSync(join(home, 'bin', 'az'), 0o755);
  vi.stubEnv('PATH', `${join(home, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`);
  const provider = await open().get('blobs');
  expect(await provider.getToken('https://vault.azure.net/.default')).toMatchObject({
    token: 'an-az-token',
    expiresOnTimestamp: 4_070_908_800_000,
  });
  expect(warnings()[0]).toMatch(/credentials\.blobs: .*az login/);
});
