/** Where the token comes from: a header that has ended, a file that is rotated, another audience. */

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import { createCredentialCache } from '@credex/core';
import { getGcpCredentials } from '@credex/gcp';
import { vercelTokenSource } from '@credex/vercel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setDeployment, setEnvironment } from '../support/environment.js';
import { AWS, AZURE, GCP, ISSUER, PRODUCTION_SUBJECT, trustPolicy } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credex-token-'));
});
afterAll(() => rm(folder, { recursive: true }));

const seconds = () => Math.floor(fixture.emulator.clock.now() / 1_000);
const verdicts = () => fixture.emulator.log.entries('aws-sts').map(({ notes }) => notes['verdict']);
const isolated = () => ({
  ...fixture.options.aws,
  cache: createCredentialCache(),
  tokenSource: vercelTokenSource({ clock: fixture.clock }),
});

/** As a good rotator does: no reader meets half a token. */
async function rotate(file: string, token: string): Promise<void> {
  await writeFile(`${file}.new`, `${token}\n`);
  await rename(`${file}.new`, file);
}

test('a header whose token has ended is passed over for a live VERCEL_OIDC_TOKEN', async () => {
  setDeployment();
  const ended = await fixture.mint({ issuedAt: seconds() - 7_200, lifetimeSeconds: 3_600 });
  await fixture.inRequest(ended, () =>
    expect(getAwsCredentials(isolated())).rejects.toMatchObject({ code: 'subject_token_expired' }),
  );
  expect(fixture.emulator.log.entries()).toEqual([]);

  setEnvironment({ VERCEL_OIDC_TOKEN: await fixture.mint() });
  const { accountId } = await fixture.inRequest(ended, () => getAwsCredentials(isolated()));
  expect(accountId).toBe(AWS.accountId);
  expect(verdicts()).toEqual(['allowed']);
});

test('the header of the request comes before the environment', async () => {
  setEnvironment({ VERCEL_OIDC_TOKEN: await fixture.mint({ environment: 'preview' }) });
  await fixture.inRequest(await fixture.mint(), () => getAwsCredentials(isolated()));
  expect(fixture.emulator.log.entries('aws-sts').map(({ notes }) => notes['subject'])).toEqual([
    PRODUCTION_SUBJECT,
  ]);
});

test('VERCEL_OIDC_TOKEN_FILE is read again for each exchange', async () => {
  const file = join(folder, 'rotated');
  setDeployment();
  setEnvironment({ VERCEL_OIDC_TOKEN_FILE: file });
  const options = isolated();

  await rotate(file, await fixture.mint());
  const first = await getAwsCredentials(options);
  // Within the hour the file is written again; the cached credential stays.
  fixture.emulator.clock.advance(40 * 60_000);
  await rotate(file, await fixture.mint());
  expect((await getAwsCredentials(options)).accessKeyId).toBe(first.accessKeyId);
  // The first token has ended by now, and with it the credential: the second one brings the next.
  fixture.emulator.clock.advance(21 * 60_000);
  const second = await getAwsCredentials(options);
  expect(second.accessKeyId).not.toBe(first.accessKeyId);
  expect(second.expiresAt).toBeGreaterThan(first.expiresAt);
  expect(verdicts()).toEqual(['allowed', 'allowed']);
});

test('a token that expires on its way to the cloud is read again from the file, once', async () => {
  const file = join(folder, 'late');
  setDeployment();
  setEnvironment({ VERCEL_OIDC_TOKEN_FILE: file });
  await rotate(file, await fixture.mint({ lifetimeSeconds: 60 }));
  fixture.emulator.faults.plant({
    service: 'aws-sts',
    times: 1,
    fault: {
      kind: 'delay',
      until: async () => {
        fixture.emulator.clock.advance(361_001);
        await rotate(file, await fixture.mint());
      },
    },
  });
  await getAwsCredentials({ ...isolated(), clock: { now: Date.now, monotonic: () => performance.now() } });
  expect(verdicts()).toEqual(['ExpiredTokenException', 'allowed']);
});

test('a header has no fresher token: what the cloud calls expired is said to be, with the reason', async () => {
  const token = await fixture.mint({ lifetimeSeconds: 60 });
  fixture.emulator.faults.plant({ service: 'aws-sts', fault: { kind: 'clock-skew', ms: 3_600_000 } });
  const failed = fixture.inRequest(token, () => getAwsCredentials(isolated()));
  await expect(failed).rejects.toMatchObject({ code: 'subject_token_expired', provider: 'aws' });
  expect(verdicts()).toEqual(['ExpiredTokenException']);
});

test('`audience`: Vercel is asked for a token of that audience first, once for all three clouds', async () => {
  setDeployment();
  const audience = 'https://clouds.acme.example';
  const accountId = '210987654321';
  const providerId = 'vercel-audience';
  const clientId = '9e4d3c2b-1a09-4f8e-8d7c-6b5a49382716';
  const { aws, gcp, azure, issuer, url, log } = fixture.emulator;
  aws.createOpenIdConnectProvider({ accountId, url: ISSUER, clientIds: [audience] });
  aws.createRole({
    arn: `arn:aws:iam::${accountId}:role/audience`,
    trustPolicy: trustPolicy(ISSUER.slice('https://'.length), audience, [PRODUCTION_SUBJECT], accountId),
    policies: [],
  });
  gcp.createProvider({
    projectNumber: GCP.projectNumber,
    poolId: GCP.workloadIdentityPoolId,
    providerId,
    issuerUri: ISSUER,
    allowedAudiences: [audience],
    attributeMapping: { 'google.subject': 'assertion.sub' },
  });
  azure.createApplication({
    tenantId: AZURE.tenantId,
    clientId,
    federatedCredentials: [{ name: 'production', issuer: ISSUER, subject: PRODUCTION_SUBJECT, audience }],
  });
  const shared = {
    tokenSource: vercelTokenSource({
      tokenEndpoint: `${url('issuer')}/~token`,
      allowLoopbackHttp: true,
      clock: fixture.clock,
    }),
  };
  const options = {
    aws: { ...fixture.options.aws, ...shared, roleArn: `arn:aws:iam::${accountId}:role/audience` },
    gcp: { ...fixture.options.gcpFederated, ...shared, workloadIdentityPoolProviderId: providerId },
    azure: { ...fixture.options.azure, ...shared, clientId },
  };

  // In the issuer mode of old, too: what comes back always has the team's issuer.
  const token = await issuer.mint({
    team: 'acme',
    teamId: 'team_acme',
    project: 'shop',
    projectId: 'prj_shop',
    environment: 'production',
    issuerMode: 'global',
  });
  await fixture.inRequest(token, async () => {
    await expect(getAwsCredentials(options.aws)).rejects.toMatchObject({ provider: 'aws' });
    await expect(getGcpCredentials(options.gcp)).rejects.toMatchObject({ provider: 'gcp' });
    await expect(getAzureCredentials(options.azure)).rejects.toMatchObject({ provider: 'azure' });
    expect(log.count('issuer')).toBe(0);
    log.clear();

    const many = <T>(get: () => Promise<T>) => Promise.all(Array.from({ length: 50 }, get));
    await Promise.all([
      many(() => getAwsCredentials({ ...options.aws, audience })),
      many(() => getGcpCredentials({ ...options.gcp, audience })),
      many(() => getAzureCredentials({ ...options.azure, audience })),
    ]);
  });
  const asked = log.entries('issuer').map(({ path, status, notes }) => [path, status, notes['aud']]);
  expect(asked).toEqual([['/~token', 200, audience]]);
  expect(log.entries('aws-sts').map(({ notes }) => notes['audience'])).toEqual([audience]);
  expect([log.count('gcp-sts'), log.count('entra')]).toEqual([1, 1]);
});
