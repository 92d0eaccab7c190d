/** Database passwords of Google Cloud and Azure: tokens for the database alone, from one exchange. */

import { azureDatabasePassword, azureRedisPassword, azureSqlCredential } from '@credex/azure/databases';
import { alloyDbPassword, cloudSqlPassword, cloudSqlUser } from '@credex/gcp/cloud-sql';
import { decodeJwt } from 'jose';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { AZURE, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
let production: string;
beforeAll(async () => {
  production = await fixture.mint();
});
beforeEach(() => {
  setDeployment();
});
const twenty = <T>(work: () => Promise<T>): Promise<T[]> =>
  fixture.inRequest(production, () => Promise.all(Array.from({ length: 20 }, work)));

test.each([
  { create: cloudSqlPassword, scope: 'sqlservice.login' },
  { create: alloyDbPassword, scope: 'alloydb.login' },
])('$create.name opens nothing but the database', async ({ create, scope }) => {
  const passwords = await twenty(create(fixture.options.gcp));
  expect(new Set(passwords).size).toBe(1);
  const requests = fixture.emulator.log.entries('gcp-iam-credentials').map(({ notes }) => notes['scopes']);
  expect(requests).toEqual([`https://www.googleapis.com/auth/${scope}`]);
  const { status } = await fetch(
    `${fixture.emulator.url('gcp-storage')}/storage/v1/b/${GCP.bucket}/o/orders%2F1.txt`,
    { headers: { authorization: `Bearer ${passwords[0] ?? ''}` } },
  );
  expect(status).toBe(403);
  const { serviceAccountEmail } = GCP;
  expect(cloudSqlUser({ engine: 'postgres', serviceAccountEmail })).toBe('shop@acme-prod.iam');
});

test('the passwords of Azure are for their resource, and Redis has the object id as its user', async () => {
  const { scopes, ...options } = fixture.options.azure;
  expect(scopes).toBe('https://storage.azure.com/.default');
  const redis = azureRedisPassword(options);
  const sql = azureSqlCredential(options);
  const tokens = [
    ...(await twenty(azureDatabasePassword(options))),
    ...(await twenty(redis)),
    ...(await twenty(async () => (await sql.getToken('https://management.azure.com/.default')).token)),
  ];
  expect([...new Set(tokens)].map((token) => decodeJwt(token).aud)).toEqual([
    'https://ossrdbms-aad.database.windows.net',
    'https://redis.azure.com',
    'https://database.windows.net',
  ]);
  const user = await fixture.inRequest(production, () => redis.username());
  expect(user).toBe(decodeJwt(await fixture.inRequest(production, redis))['oid']);
  expect(user).not.toBe(AZURE.clientId);
  expect(fixture.emulator.log.count('entra')).toBe(3);
});
