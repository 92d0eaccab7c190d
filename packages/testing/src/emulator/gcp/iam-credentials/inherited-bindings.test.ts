import { expect, test } from 'vitest';
import { CLOUD, EMAIL, PRINCIPAL, testGcp } from '../gcp.fixture.js';

const BINDINGS = [{ role: 'roles/iam.workloadIdentityUser', members: [PRINCIPAL] }];

test('a service account inherits what its own project gives, and no other project', async () => {
  const gcp = testGcp();
  gcp.admin.createServiceAccount({ email: EMAIL, bindings: [] });
  const token = await gcp.federated();
  const status = async (email = EMAIL) =>
    (await gcp.iam('generateAccessToken', token, { scope: [CLOUD] }, email)).status;
  gcp.admin.createProject({ projectId: 'acme-test', bindings: BINDINGS });
  expect(await status()).toBe(403);
  gcp.admin.createProject({ projectId: 'acme-prod', bindings: [] });
  expect(await status()).toBe(403);
  gcp.admin.setProjectBindings('acme-prod', BINDINGS);
  expect(await status()).toBe(200);
});

test('the project of a domain stands the other way round in an address', async () => {
  const gcp = testGcp();
  const email = 'shop@acme-prod.acme.example.iam.gserviceaccount.com';
  gcp.admin.createServiceAccount({ email, bindings: [] });
  gcp.admin.createProject({ projectId: 'acme.example:acme-prod', bindings: BINDINGS });
  const answer = await gcp.iam('generateAccessToken', await gcp.federated(), { scope: [CLOUD] }, email);
  expect(answer.status).toBe(200);
});

test.each(['742613904155', 'Acme', 'acme', 'acme-'])('%s is no project id', (projectId) => {
  expect(() => testGcp().admin.createProject({ projectId, bindings: [] })).toThrow('is no project id');
});
