/** The token is good and what is asked for isn't: each error names what to look at. */

import { OptionError } from '@credex/core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { AWS, AZURE, GCP, PRODUCTION_SUBJECT } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import type { CloudName } from '../support/clouds.js';
import { CLOUDS, tokenRequests, warmUp } from '../support/clouds.js';
import type { Row, Wanted } from './matrix.js';
import { exchange, testRow } from './matrix.js';
import { expectNoSecret } from '../support/recorder.js';

const fixture = useFixture();
beforeAll(() => warmUp(fixture));
beforeEach(() => setDeployment());

const unknownRole = `arn:aws:iam::${AWS.accountId}:role/shop-prodcution`;
const unknownAccount = 'arn:aws:iam::999999999999:role/shop-production';
const unknownEmail = 'shpo@acme-prod.iam.gserviceaccount.com';
const unknownId = '11111111-2222-4333-8444-555555555555';
const noProvider = (resource: string): Wanted => ({
  code: 'target_not_found',
  serverCode: 'invalid_target',
  hint: [`//iam.googleapis.com/projects/${resource}`, 'workloadIdentityPoolProviderId'],
});

type Target = readonly [name: string, cloud: CloudName, more: object, wanted: Wanted];

const TARGETS: readonly Target[] = [
  [
    'an unknown role',
    'aws',
    { roleArn: unknownRole },
    { code: 'access_denied', serverCode: 'AccessDenied', hint: [unknownRole, PRODUCTION_SUBJECT] },
  ],
  [
    'an account without the provider',
    'aws',
    { roleArn: unknownAccount },
    { code: 'token_rejected', serverCode: 'InvalidIdentityToken', hint: ['999999999999', 'acme'] },
  ],
  [
    "a duration beyond the role's maximum",
    'aws',
    { durationSeconds: 7200 },
    {
      code: 'invalid_request',
      serverCode: 'ValidationError',
      hint: ['`durationSeconds` (7200)', AWS.roleArn],
    },
  ],
  [
    'a session policy that is JSON and no policy',
    'aws',
    { policy: { Statement: 'everything' } },
    { code: 'invalid_request', serverCode: 'MalformedPolicyDocument', hint: ['session `policy`'] },
  ],
  ...(['gcp federated', 'gcp impersonated'] as const).flatMap((cloud): readonly Target[] => [
    [
      'an unknown pool',
      cloud,
      { workloadIdentityPoolId: 'vercle' },
      noProvider(`${GCP.projectNumber}/locations/global/workloadIdentityPools/vercle/providers/vercel`),
    ],
    [
      'an unknown provider of the pool',
      cloud,
      { workloadIdentityPoolProviderId: 'vercle' },
      noProvider(`${GCP.projectNumber}/locations/global/workloadIdentityPools/vercel/providers/vercle`),
    ],
    [
      'the number of another project',
      cloud,
      { projectNumber: '742613904156' },
      noProvider('742613904156/locations/global/workloadIdentityPools/vercel/providers/vercel'),
    ],
    [
      'a scope that Google does not know',
      cloud,
      { scopes: 'https://www.googleapis.com/auth/cloud-plattform' },
      // The federated token is asked for with another scope where a service account comes after it.
      { code: 'invalid_request', hint: ['cloud-platform'], requests: cloud === 'gcp federated' ? 1 : 2 },
    ],
  ]),
  [
    'an unknown service account',
    'gcp impersonated',
    { serviceAccountEmail: unknownEmail },
    {
      code: 'target_not_found',
      serverCode: 'NOT_FOUND',
      hint: [unknownEmail, 'GCP_SERVICE_ACCOUNT_EMAIL'],
      requests: 2,
    },
  ],
  [
    'a lifetime beyond an hour without the organization policy',
    'gcp impersonated',
    { lifetimeSeconds: 7200 },
    {
      code: 'invalid_request',
      serverCode: 'INVALID_ARGUMENT',
      hint: ['7200 s', 'iam.allowServiceAccountCredentialLifetimeExtension'],
      requests: 2,
    },
  ],
  [
    'an unknown application',
    'azure',
    { clientId: unknownId },
    { code: 'target_not_found', serverCode: 'AADSTS700016', hint: [unknownId, AZURE.tenantId] },
  ],
  [
    'an unknown tenant',
    'azure',
    { tenantId: unknownId },
    { code: 'target_not_found', serverCode: 'AADSTS90002', hint: [unknownId, 'authorityHost'] },
  ],
  [
    'an unknown resource',
    'azure',
    { scopes: 'api://does-not-exist/.default' },
    { code: 'target_not_found', serverCode: 'AADSTS500011', hint: ['`scopes`', AZURE.tenantId] },
  ],
];

for (const [name, cloud, more, wanted] of TARGETS) {
  const row: Row = {
    name,
    token: () => fixture.mint(),
    more: { [cloud]: more },
    wants: { [cloud]: wanted },
  };
  testRow(fixture, row);
}

test('a role in a region where the account has no token service', async () => {
  const token = await fixture.mint();
  fixture.emulator.faults.plant({
    service: 'aws-sts',
    fault: {
      kind: 'status',
      status: 403,
      body: '<ErrorResponse><Error><Code>RegionDisabledException</Code><Message>STS is not activated in this region for account:123456789012.</Message></Error></ErrorResponse>',
    },
  });
  const seen = await exchange(fixture, CLOUDS[0] as (typeof CLOUDS)[0], 'request', token);
  expect(seen.error).toMatchObject({ code: 'region_disabled', retryable: false });
  expect(seen.error).toHaveProperty('hint', expect.stringContaining(AWS.accountId));
  expectNoSecret(seen, [token]);
});

test.each<readonly [CloudName, string, object]>([
  ['aws', 'durationSeconds', { durationSeconds: 899 }],
  ['aws', 'durationSeconds', { durationSeconds: 43_201 }],
  ['aws', 'durationSeconds', { durationSeconds: 3600.5 }],
  ['gcp impersonated', 'lifetimeSeconds', { lifetimeSeconds: 599 }],
  ['gcp impersonated', 'lifetimeSeconds', { lifetimeSeconds: 43_201 }],
  ['gcp federated', 'lifetimeSeconds', { lifetimeSeconds: 3600 }],
])('%s refuses %s before a request is sent: %o', async (name, option, more) => {
  const cloud = CLOUDS.find((one) => one.name === name) as (typeof CLOUDS)[0];
  const token = await fixture.mint();
  const seen = await exchange(fixture, cloud, 'request', token, more);
  expect(OptionError.isInstance(seen.error)).toBe(true);
  expect(seen.error).toMatchObject({ option, message: expect.stringContaining(option) as string });
  expect(tokenRequests(fixture)).toBe(0);
});
