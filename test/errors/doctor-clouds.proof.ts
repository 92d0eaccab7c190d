/** What a cloud refuses, as `credex doctor` tells it: which of its settings, and the line that mends it. */

import { join } from 'node:path';
import type { FederatedCredential, PolicyStatement } from '@credex/testing/emulator';
import { describe, expect, test } from 'vitest';
import { folder } from '../support/command-line.js';
import {
  AUDIENCE,
  AWS,
  AZURE,
  GCP,
  ISSUER,
  PRODUCTION_SUBJECT,
  principalOf,
  trustPolicy,
} from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import type { SetUp, Wanted } from './doctor-case.js';
import { useDoctor } from './doctor-case.js';

const fixture = useFixture();
const { diagnosed, expectFault } = useDoctor(fixture);
const HOST = ISSUER.slice('https://'.length);

const role = (name: string): string => `arn:aws:iam::${AWS.accountId}:role/${name}`;
const roleThat = (name: string, subject: string, operator = 'StringEquals'): SetUp => {
  const arn = role(name);
  return {
    entry: { roleArn: arn },
    plant: () => {
      const policy = trustPolicy(HOST, AUDIENCE, [subject], AWS.accountId);
      const [statement] = policy.Statement;
      const Condition = {
        [operator]: { [`${HOST}:sub`]: subject },
        ...(operator === 'StringEquals' ? {} : { StringEquals: { [`${HOST}:aud`]: AUDIENCE } }),
      };
      fixture.emulator.aws.createRole({
        arn,
        trustPolicy: { ...policy, Statement: [{ ...(statement as PolicyStatement), Condition }] },
        policies: [],
      });
      return () => fixture.emulator.aws.deleteRole(arn);
    },
  };
};

let made = 0;
/** A provider of the pool with one thing wrong about it. */
const providerThat = (wrong: object): SetUp => {
  made += 1;
  const providerId = `broken-${made}`;
  const { projectNumber, workloadIdentityPoolId: poolId } = GCP;
  return {
    cloud: 'gcp',
    entry: { workloadIdentityPoolProviderId: providerId },
    plant: () => {
      fixture.emulator.gcp.createProvider({
        projectNumber,
        poolId,
        providerId,
        issuerUri: ISSUER,
        allowedAudiences: [AUDIENCE],
        attributeMapping: { 'google.subject': 'assertion.sub' },
        ...wrong,
      });
    },
  };
};

/** An application whose one credential has one thing wrong about it. */
const applicationThat = (clientId: string, wrong: Partial<FederatedCredential> | undefined): SetUp => ({
  cloud: 'azure',
  entry: { clientId },
  plant: () => {
    const good = { name: 'vercel', issuer: ISSUER, subject: PRODUCTION_SUBJECT, audience: AUDIENCE };
    fixture.emulator.azure.createApplication({
      tenantId: AZURE.tenantId,
      clientId,
      federatedCredentials: wrong === undefined ? [] : [{ ...good, ...wrong }],
    });
  },
});
const guid = (digit: number): string => `${String(digit).repeat(8)}-2222-4333-8444-555555555555`;

const BROKEN: readonly (readonly [string, SetUp, Wanted])[] = [
  [
    'a role that is misspelled',
    { entry: { roleArn: role('shop-prodcution') } },
    {
      step: 'exchange',
      code: 'access_denied',
      exit: 1,
      command: /^aws iam get-role --role-name shop-prodcution > .* credex explain aws/,
    },
  ],
  [
    'a trust policy that differs in case',
    roleThat('case', PRODUCTION_SUBJECT.replace('shop', 'Shop')),
    { step: 'exchange', code: 'access_denied', exit: 1, command: /--role-name case .* credex explain aws/ },
  ],
  [
    'an account that does not know the issuer',
    { entry: { roleArn: 'arn:aws:iam::999999999999:role/shop' } },
    {
      step: 'exchange',
      code: 'token_rejected',
      exit: 1,
      command: /\|\| aws iam create-open-id-connect-provider --url https:\/\/oidc\.vercel\.com\/acme /,
    },
  ],
  [
    'the global issuer where the team is trusted',
    { token: { issuerMode: 'global' } },
    { step: 'exchange', code: 'token_rejected', exit: 1, command: /--url https:\/\/oidc\.vercel\.com --/ },
  ],
  [
    'an audience that the identity provider lacks',
    { token: { audience: 'https://example.com/another' } },
    {
      step: 'exchange',
      code: 'token_rejected',
      exit: 1,
      command:
        /^aws iam add-client-id-to-open-id-connect-provider .*oidc-provider\/oidc\.vercel\.com\/acme --client-id https:\/\/example\.com\/another \|\| /,
    },
  ],
  [
    'a duration beyond the maximum of the role',
    { entry: { durationSeconds: 7200 } },
    { step: 'exchange', code: 'invalid_request', exit: 1, command: /MaxSessionDuration$/ },
  ],
  [
    'a pool that is misspelled',
    { cloud: 'gcp', entry: { workloadIdentityPoolId: 'vercle' } },
    {
      step: 'exchange',
      code: 'target_not_found',
      exit: 1,
      command: /^gcloud iam workload-identity-pools providers list --workload-identity-pool=vercle /,
    },
  ],
  [
    'an attribute condition that is false',
    providerThat({ attributeCondition: "assertion.environment == 'preview'" }),
    {
      step: 'exchange',
      code: 'subject_not_allowed',
      exit: 1,
      command: /^gcloud iam workload-identity-pools providers describe .* credex explain gcp/,
    },
  ],
  [
    'an audience that the pool lacks',
    providerThat({ allowedAudiences: ['https://vercel.com/other'] }),
    {
      step: 'exchange',
      code: 'audience_mismatch',
      exit: 1,
      command: /update-oidc .* --allowed-audiences=https:\/\/vercel\.com\/acme$/,
    },
  ],
  [
    'a service account without the binding',
    {
      cloud: 'gcp',
      plant: () => {
        fixture.emulator.gcp.setServiceAccountBindings(GCP.serviceAccountEmail, []);
        const members = [principalOf(PRODUCTION_SUBJECT)];
        return () =>
          fixture.emulator.gcp.setServiceAccountBindings(GCP.serviceAccountEmail, [
            { role: 'roles/iam.workloadIdentityUser', members },
          ]);
      },
    },
    {
      step: 'exchange',
      code: 'access_denied',
      exit: 1,
      command:
        /^gcloud iam service-accounts add-iam-policy-binding .*workloadIdentityUser --member=principal:\/\//,
    },
  ],
  [
    'an application without a federated credential',
    applicationThat(guid(1), undefined),
    {
      step: 'exchange',
      code: 'subject_not_allowed',
      exit: 1,
      command: /^az ad app federated-credential create --id 1{8}-/,
    },
  ],
  [
    'an application that trusts preview alone',
    applicationThat(guid(3), { subject: PRODUCTION_SUBJECT.replace('production', 'preview') }),
    {
      step: 'exchange',
      code: 'subject_not_allowed',
      exit: 1,
      command: /^az ad app federated-credential create --id 3{8}-.*environment:production/,
    },
  ],
  [
    'a federated credential in other capitals',
    applicationThat(guid(2), { subject: PRODUCTION_SUBJECT.replace('shop', 'Shop') }),
    {
      step: 'exchange',
      code: 'subject_case_mismatch',
      exit: 1,
      command: /^az ad app federated-credential list .* credex explain azure/,
    },
  ],
  [
    'another tenant',
    { cloud: 'azure', entry: { tenantId: guid(9) } },
    { step: 'exchange', code: 'target_not_found', exit: 1, command: /^az ad app show --id / },
  ],
  [
    'a session that AWS takes no more',
    {
      plant: () => {
        // Two requests: the exchange is well, and what follows it is refused.
        const { remove } = fixture.emulator.faults.plant({
          service: 'aws-sts',
          match: ({ body }) => Buffer.from(body).toString().includes('GetCallerIdentity'),
          fault: { kind: 'status', status: 403 },
        });
        return () => remove();
      },
    },
    { step: 'use', code: 'use_refused', exit: 1, command: /^aws iam get-role / },
  ],
];

describe('a set-up that a cloud refuses', () => {
  test.each(BROKEN)('%s', (_name, setUp, wanted) => expectFault(setUp, wanted));

  test('a star that StringEquals takes for itself, named by --policy', async () => {
    const broken = roleThat('star', 'owner:acme:project:*:environment:production');
    await expectFault(broken, {
      step: 'exchange',
      code: 'access_denied',
      exit: 1,
      command: /--role-name star .* credex explain aws/,
    });
    const policy = join(
      folder({
        'role.json': trustPolicy(
          HOST,
          AUDIENCE,
          ['owner:acme:project:*:environment:production'],
          AWS.accountId,
        ),
      }),
      'role.json',
    );
    await expectFault(
      { ...broken, args: ['--policy', policy] },
      { step: 'exchange', code: 'wildcard_in_string_equals', exit: 1, command: /credex explain aws/ },
    );
  });

  test('a chain: the session belongs to its last role, and --hop-policy names what refuses', async () => {
    const [base, last] = ['base', 'last'].map(
      (name) => `arn:aws:iam::${AWS.accountId}:role/doctor-${name}`,
    ) as [string, string];
    const first = trustPolicy(HOST, AUDIENCE, [PRODUCTION_SUBJECT], AWS.accountId);
    const next = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: base },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'contract-7' } },
      },
    };
    const chain = (externalId: string): SetUp => ({
      entry: { roleArn: base, assumeRole: [{ roleArn: last, externalId }] },
      plant: () => {
        fixture.emulator.aws.createRole({ arn: base, trustPolicy: first });
        fixture.emulator.aws.createRole({ arn: last, trustPolicy: next });
        return () => [base, last].forEach(fixture.emulator.aws.deleteRole);
      },
    });
    const { stdout } = await diagnosed(chain('contract-7'));
    expect(stdout).toMatch(/"isWell": ?true.*assumed-role\/doctor-last\//s);

    const at = folder({ 'role.json': first, 'role-1.json': next });
    await expectFault(
      { ...chain('contract-8'), args: ['--policy', `${at}/role.json`, '--hop-policy', `${at}/role-1.json`] },
      {
        step: 'exchange',
        code: 'external_id_differs',
        exit: 1,
        command:
          /--role-name doctor-last > role-1\.json && npx credex doctor store --policy role\.json --hop-policy role-1\.json$/,
      },
    );
  });
});
