/** What `explain` says of a policy is what the emulated cloud does with it, in an exchange over the wire. */

import { explain } from '@credex/explain';
import type { Explanation } from '@credex/explain';
import { readSubjectToken } from '@credex/core/on-demand';
import { beforeAll, describe, expect, test } from 'vitest';
import { TEAM } from '../demo/names.mjs';
import { useFixture } from '../support/use-fixture.js';
import { AWS_CASES } from './policies/aws-cases.js';
import { AWS_CONDITION_CASES } from './policies/aws-condition-cases.js';
import { AWS_CONTROL_CASES } from './policies/aws-control-cases.js';
import type { AwsCase } from './policies/aws-cases.js';
import { AZURE_CASES } from './policies/azure-cases.js';
import type { AzureCase } from './policies/azure-cases.js';
import { AZURE_CREDENTIAL_CASES } from './policies/azure-credential-cases.js';
import { AZURE_EXPRESSION_CASES } from './policies/azure-expression-cases.js';
import { GCP_CASES } from './policies/gcp-cases.js';
import { GITHUB_CONDITIONS } from './policies/gcp-github-conditions.js';
import { EXTENSION_CONDITIONS, LANGUAGE_CONDITIONS } from './policies/gcp-language-conditions.js';
import { PUBLIC_CONDITIONS } from './policies/gcp-public-conditions.js';
import type { GcpCase } from './policies/gcp-cases.js';
import { awsOutcome, azureOutcome, gcpOutcome, NOTHING_INHERITED } from './policies/outcomes.js';
import type { AzureSetup, GcpSetup, Outcome } from './policies/outcomes.js';
import type { PolicyCase } from './policies/policy-case.js';
import { ACCOUNT, PROJECT_NUMBER } from './policies/policy-case.js';

const fixture = useFixture();

const mint = (of: PolicyCase): Promise<string> =>
  fixture.emulator.issuer.mint({ ...TEAM, environment: 'production', ...of.token });

/** With random numbers in place of those that all cases are written with. */
const renumbered = <T>(value: T, number: string, own: string): T =>
  JSON.parse(JSON.stringify(value).replaceAll(number, own)) as T;

const named = <T extends PolicyCase>(cases: readonly T[]) =>
  cases.map((of, index) => [of.name, of, index] as const);

function expectSame(of: PolicyCase, explained: Explanation, outcome: Outcome): void {
  expect(outcome.verdict).toBe(of.verdict);
  expect(explained.verdict).toBe(outcome.verdict);
  if (outcome.verdict === 'refused') expect(explained.answer).toBe(outcome.answer);
  // A note is no finding of a mistake.
  const found = explained.findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code);
  expect([...found].sort()).toEqual([...of.findings].sort());
  const errors = explained.findings.filter(({ severity }) => severity === 'error');
  expect(errors.length > 0).toBe(outcome.verdict !== 'allowed');
  // Sentences: what is so, and what to do.
  for (const { message, fix } of explained.findings)
    expect(`${message}|${fix}`).toMatch(/^\S.+[.?]\|\S[^|]+\.$/);
}

const ALL_AWS: readonly AwsCase[] = [...AWS_CASES, ...AWS_CONDITION_CASES, ...AWS_CONTROL_CASES];

describe('AWS', () => {
  test.each(named(ALL_AWS))('%s', async (_name, written, index) => {
    const accountId = String(100_000_000_000 + index);
    const of: AwsCase = renumbered(written, ACCOUNT, accountId);
    const { roleArn = `arn:aws:iam::${accountId}:role/shop-production`, roleSessionName = 'shop' } = of;
    const jwt = await mint(of);
    const { claims } = readSubjectToken(jwt);
    const explained = explain({
      cloud: 'aws',
      policy: JSON.stringify(of.policy),
      claims,
      now: fixture.emulator.clock.now(),
      roleArn,
      roleSessionName: of.roleSessionName,
      identityProvider: of.identityProvider === undefined ? undefined : JSON.stringify(of.identityProvider),
    });
    const { iss = '', aud } = claims;
    const { Url = iss.slice('https://'.length), ClientIDList = [String(aud)] } = of.identityProvider ?? {};
    fixture.emulator.aws.createOpenIdConnectProvider({
      accountId,
      url: `https://${Url}`,
      clientIds: ClientIDList,
    });
    const setup = { roleArn, trustPolicy: documentOf(of.policy), roleSessionName, isOlder: of.isOlder };
    if (of.isRefusedToday === true) {
      const today = { ...setup, roleArn: `${roleArn}-today`, isOlder: false };
      expect((await awsOutcome(fixture.emulator, today, jwt)).verdict).toBe('invalid');
    }
    expectSame(of, explained, await awsOutcome(fixture.emulator, setup, jwt));
  });

  function documentOf(policy: unknown): unknown {
    const { Role: role } = policy as { readonly Role?: { readonly AssumeRolePolicyDocument: string } };
    return role === undefined ? policy : JSON.parse(decodeURIComponent(role.AssumeRolePolicyDocument));
  }
});

const GCP_CONDITIONS: readonly GcpCase[] = [
  ...GITHUB_CONDITIONS,
  ...PUBLIC_CONDITIONS,
  ...LANGUAGE_CONDITIONS,
  ...EXTENSION_CONDITIONS,
];
const ALL_GCP: readonly GcpCase[] = [...GCP_CASES, ...GCP_CONDITIONS];

describe('Google Cloud', () => {
  test.each(named(ALL_GCP))('%s', async (_name, written, index) => {
    const projectNumber = String(500_000_000_000 + index);
    const of: GcpCase = renumbered(written, PROJECT_NUMBER, projectNumber);
    const { policy, serviceAccountPolicy, projectPolicy = NOTHING_INHERITED } = of;
    const jwt = await mint(of);
    const explained = explain({
      cloud: 'gcp',
      policy: JSON.stringify(policy),
      claims: readSubjectToken(jwt).claims,
      now: fixture.emulator.clock.now(),
      serviceAccountPolicy:
        serviceAccountPolicy === undefined ? undefined : JSON.stringify(serviceAccountPolicy),
      projectPolicies: [JSON.stringify(projectPolicy)],
    });
    const setup: GcpSetup = {
      projectNumber,
      provider: policy as GcpSetup['provider'],
      bindings: (serviceAccountPolicy as { readonly bindings: GcpSetup['bindings'] } | undefined)?.bindings,
      inherited: projectPolicy.flatMap(({ policy: { bindings = [] } }) => bindings),
    };
    expectSame(of, explained, await gcpOutcome(fixture.emulator, setup, jwt));
  });
});

const ALL_AZURE: readonly AzureCase[] = [
  ...AZURE_CASES,
  ...AZURE_CREDENTIAL_CASES,
  ...AZURE_EXPRESSION_CASES,
];

describe('Azure', () => {
  const tenantId = '0b7a1c52-63a8-4c0e-8a2b-7f3c5d9e1a20';
  beforeAll(() => fixture.emulator.azure.createTenant({ tenantId }));

  test.each(named(ALL_AZURE))('%s', async (_name, of, index) => {
    const { iss } = of.token?.claims ?? {};
    if (typeof iss === 'string') fixture.emulator.issuer.addIssuer(iss);
    const jwt = await mint(of);
    const explained = explain({
      cloud: 'azure',
      policy: JSON.stringify(of.policy),
      claims: readSubjectToken(jwt).claims,
      now: fixture.emulator.clock.now(),
    });
    const clientId = `5f0c3d7e-1b2a-4d6f-9e8c-${String(index).padStart(12, '0')}`;
    const setup = { tenantId, clientId, credentials: listOf(of.policy), isOlder: of.isOlder };
    if (of.isRefusedToday === true) {
      const today = { ...setup, isOlder: false };
      expect((await azureOutcome(fixture.emulator, today, jwt)).verdict).toBe('invalid');
    }
    expectSame(of, explained, await azureOutcome(fixture.emulator, setup, jwt));
  });

  type Credentials = AzureSetup['credentials'];

  /** A list, Graph's list, or one alone. */
  function listOf(policy: unknown): Credentials {
    const { value } = policy as { readonly value?: Credentials };
    return value ?? ([policy].flat() as Credentials);
  }
});

test.each([
  ['AWS', ALL_AWS, 120],
  ['Google Cloud', ALL_GCP, 20],
  ['conditions and mappings of Google Cloud', GCP_CONDITIONS, 80],
  ['Azure', ALL_AZURE, 80],
])('%s: each policy from a document or a thread, and enough of them', (_cloud, cases, least) => {
  const verified = cases.filter(({ isUnverified }: PolicyCase) => isUnverified !== true);
  expect(verified.length).toBeGreaterThanOrEqual(least);
  for (const { source } of cases) expect(source).toMatch(/^https:\/\//);
});
