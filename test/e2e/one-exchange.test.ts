/** However many ask at once, the cloud is asked once: counted where the requests arrive. */

import { PutObjectCommand } from '@aws-sdk/client-s3';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import type { AzureCredentials } from '@credex/azure';
import { getGcpCredentials } from '@credex/gcp';
import type { ServiceName } from '@credex/testing/emulator';
import { beforeAll, expect, test } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { s3Client } from '../support/s3.js';
import { AUDIENCE, AWS, AZURE, ISSUER, PRODUCTION_SUBJECT } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
let production: string;
beforeAll(async () => {
  production = await fixture.mint();
});

const together = <T>(calls: number, call: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: calls }, (_, index) => fixture.inRequest(production, () => call(index))));

/** Requests by service, of those that got any. */
function requests(): Record<string, number> {
  const counts: Partial<Record<ServiceName, number>> = {};
  for (const { service } of fixture.emulator.log.entries()) counts[service] = (counts[service] ?? 0) + 1;
  return counts;
}

// In a deployment the platform names the identity; anywhere else the token does. The session's name
// and so the key differ: both start cold.
test.each([
  [1_000, 'in a deployment', () => setDeployment()],
  [50, 'where only the token says whose it is', () => undefined],
])('%i cold calls at once make one exchange of each cloud, %s', async (calls, _, set) => {
  set();
  const { aws, gcp, gcpFederated, azure } = fixture.options;
  const [keys, impersonated, federated, tokens] = await Promise.all([
    together(calls, async () => (await getAwsCredentials(aws)).accessKeyId),
    together(calls, async () => (await getGcpCredentials(gcp)).accessToken),
    together(calls, async () => (await getGcpCredentials(gcpFederated)).accessToken),
    together(calls, async () => (await getAzureCredentials(azure)).token),
  ]);

  for (const same of [keys, impersonated, federated, tokens]) {
    expect(same).toHaveLength(calls);
    expect(new Set(same).size).toBe(1);
  }
  // Google's STS was asked twice: once for the service account, once for the federated principal.
  expect(requests()).toEqual({ 'aws-sts': 1, 'gcp-sts': 2, 'gcp-iam-credentials': 1, entra: 1 });

  fixture.emulator.log.clear();
  await together(50, () => getAwsCredentials(aws));
  expect(requests()).toEqual({});
});

test('20 S3 clients over equal options make one exchange', async () => {
  setDeployment('production', 'prj_twenty');
  const clients = Array.from({ length: 20 }, () =>
    s3Client(fixture.emulator, { credentials: awsCredentialsProvider({ ...fixture.options.aws }) }),
  );
  const token = await fixture.mint({ projectId: 'prj_twenty' });
  await Promise.all(
    clients.map((client, index) =>
      fixture.inRequest(token, () =>
        client.send(new PutObjectCommand({ Bucket: AWS.bucket, Key: `twenty/${index}`, Body: 'x' })),
      ),
    ),
  );
  for (const client of clients) client.destroy();
  expect(requests()).toEqual({ 'aws-sts': 1, 'aws-s3': 20 });
});

test('Azure: one exchange for each resource and tenant, and each token for its own', async () => {
  setDeployment();
  const [home, guest] = [AZURE.tenantId, '0b6d2f2e-7f0c-4a3b-9d55-6f1c2a3b4c5d'];
  const clientId = '7a1e5c0d-2b34-4c56-8d78-9e0f1a2b3c4d';
  fixture.emulator.azure.createTenant({ tenantId: guest });
  fixture.emulator.azure.createApplication({
    tenantId: home,
    clientId,
    alsoInTenants: [guest],
    federatedCredentials: [
      { name: 'production', issuer: ISSUER, subject: PRODUCTION_SUBJECT, audience: AUDIENCE },
    ],
  });
  const options = { ...fixture.options.azure, clientId, additionallyAllowedTenants: [guest] };
  const wishes = [
    { tenantId: home, scopes: 'https://storage.azure.com/.default' },
    { tenantId: home, scopes: 'https://vault.azure.net/.default' },
    { tenantId: guest, scopes: 'https://storage.azure.com/.default' },
    { tenantId: guest, scopes: 'https://vault.azure.net/.default' },
  ] as const;
  const tokens = await together(200, (index) => {
    const { tenantId, scopes } = wishes[index % wishes.length] as (typeof wishes)[number];
    return getAzureCredentials(options, { request: { tenantId, scopes: [scopes] } });
  });

  const asked = fixture.emulator.log
    .entries('entra')
    .map(({ notes }) => `${notes['tenant']} ${notes['scope']}`);
  expect([...asked].sort()).toEqual(wishes.map(({ tenantId, scopes }) => `${tenantId} ${scopes}`).sort());
  tokens.forEach((token, index) => {
    const { tenantId, scopes } = wishes[index % wishes.length] as (typeof wishes)[number];
    expect(claimsOf(token)).toMatchObject({ tid: tenantId, aud: scopes.replace('/.default', '') });
  });
});

function claimsOf({ token }: AzureCredentials): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

test('Google Cloud: one exchange for each set of scopes, however it is written', async () => {
  setDeployment();
  const read = 'https://www.googleapis.com/auth/devstorage.read_only';
  const query = 'https://www.googleapis.com/auth/bigquery';
  const written = [`${read} ${query}`, [query, read], [read, query, read], read];
  await together(200, (index) =>
    getGcpCredentials(fixture.options.gcp, { request: { scopes: written[index % written.length] ?? read } }),
  );
  const asked = fixture.emulator.log.entries('gcp-iam-credentials').map(({ notes }) => notes['scopes']);
  expect([...asked].sort()).toEqual([`${query} ${read}`, read]);
  expect(requests()).toEqual({ 'gcp-sts': 2, 'gcp-iam-credentials': 2 });
});
