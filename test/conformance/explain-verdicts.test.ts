/** What `explain` says of a policy is what the emulated cloud does with it, in an exchange over the wire. */

import { explain } from '@credex/cli';
import type { Explanation } from '@credex/cli';
import { readSubjectToken } from '@credex/core/driver';
import type { Emulator, FederatedCredential, GcpAdmin, PolicyDocument } from '@credex/testing/emulator';
import { beforeAll, describe, expect, test } from 'vitest';
import { TEAM } from '../demo/names.mjs';
import { useWorld } from '../support/use-world.js';
import { AWS_CASES } from './explain/aws-cases.js';
import type { AwsCase } from './explain/aws-cases.js';
import { AZURE_CASES } from './explain/azure-cases.js';
import { GCP_CASES } from './explain/gcp-cases.js';
import type { GcpCase } from './explain/gcp-cases.js';
import type { PolicyCase } from './explain/policy-case.js';
import { ACCOUNT, PROJECT_NUMBER } from './explain/policy-case.js';

const world = useWorld();

/** What the cloud did: the verdict, and its own word for a refusal. */
interface Outcome {
  readonly verdict: 'allowed' | 'refused' | 'invalid';
  readonly answer: string | undefined;
}

const ALLOWED: Outcome = { verdict: 'allowed', answer: undefined };
const refusedWith = (answer: string | undefined): Outcome => ({ verdict: 'refused', answer });

/** What a setup that throws says: the cloud would not keep this. */
function kept(setUp: () => void): boolean {
  try {
    setUp();
    return true;
  } catch {
    return false;
  }
}

const mint = (of: PolicyCase, emulator: Emulator): Promise<string> =>
  emulator.issuer.mint({ ...TEAM, environment: 'production', ...of.token });

const form = (url: string, fields: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields) });

/** Errors and warnings by code; a note is no finding of a mistake. */
const codesOf = ({ findings }: Explanation): readonly string[] =>
  findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code);

function expectSame(of: PolicyCase, explained: Explanation, outcome: Outcome): void {
  expect(outcome.verdict).toBe(of.verdict);
  expect(explained.verdict).toBe(outcome.verdict);
  if (outcome.verdict === 'refused') expect(explained.answer).toBe(outcome.answer);
  expect([...codesOf(explained)].sort()).toEqual([...of.findings].sort());
  const errors = explained.findings.filter(({ severity }) => severity === 'error');
  expect(errors.length > 0).toBe(outcome.verdict !== 'allowed');
  for (const { message, fix } of explained.findings)
    expect(`${message}|${fix}`).toMatch(/^\S.+[.?)]\|\S[^|]+\.$/);
}

describe('AWS', () => {
  test.each(AWS_CASES.map((of, index) => [of.name, of, index] as const))('%s', async (_name, of, index) => {
    const own = String(100_000_000_000 + index);
    const text = (value: unknown): string => JSON.stringify(value).replaceAll(ACCOUNT, own);
    const jwt = await mint(of, world.emulator);
    const { claims } = readSubjectToken(jwt);
    const roleArn = (of.roleArn ?? `arn:aws:iam::${ACCOUNT}:role/shop-production`).replace(ACCOUNT, own);
    const explained = await explain({
      cloud: 'aws',
      policy: text(of.policy),
      claims,
      now: world.emulator.clock.now(),
      roleArn,
      roleSessionName: of.roleSessionName,
      identityProvider: of.identityProvider === undefined ? undefined : text(of.identityProvider),
    });
    expectSame(of, explained, await onAws(of, own, roleArn, jwt));
  });

  async function onAws(of: AwsCase, accountId: string, roleArn: string, jwt: string): Promise<Outcome> {
    const { aws, url } = { aws: world.emulator.aws, url: world.emulator.url('aws-sts') };
    const { iss = '', aud } = readSubjectToken(jwt).claims;
    const { Url = iss.slice('https://'.length), ClientIDList = [String(aud)] } = of.identityProvider ?? {};
    aws.createOpenIdConnectProvider({ accountId, url: `https://${Url}`, clientIds: ClientIDList });
    const trustPolicy = documentOf(of.policy, accountId);
    if (!kept(() => aws.createRole({ arn: roleArn, trustPolicy })))
      return { verdict: 'invalid', answer: undefined };
    const answer = await form(url, {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: of.roleSessionName ?? 'shop',
      WebIdentityToken: jwt,
    });
    return answer.ok ? ALLOWED : refusedWith(/<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1]);
  }

  function documentOf(policy: unknown, accountId: string): PolicyDocument {
    const role = (policy as { Role?: { AssumeRolePolicyDocument: string } }).Role;
    const text =
      role === undefined ? JSON.stringify(policy) : decodeURIComponent(role.AssumeRolePolicyDocument);
    return JSON.parse(text.replaceAll(ACCOUNT, accountId)) as PolicyDocument;
  }
});

describe('Google Cloud', () => {
  test.each(GCP_CASES.map((of, index) => [of.name, of, index] as const))('%s', async (_name, of, index) => {
    const own = String(500_000_000_000 + index);
    const text = (value: unknown): string => JSON.stringify(value).replaceAll(PROJECT_NUMBER, own);
    const jwt = await mint(JSON.parse(text(of)) as PolicyCase, world.emulator);
    const explained = await explain({
      cloud: 'gcp',
      policy: text(of.policy),
      claims: readSubjectToken(jwt).claims,
      now: world.emulator.clock.now(),
      serviceAccountPolicy: of.serviceAccountPolicy === undefined ? undefined : text(of.serviceAccountPolicy),
    });
    expectSame(of, explained, await onGoogle(JSON.parse(text(of)) as GcpCase, own, jwt));
  });

  interface Described {
    readonly oidc: { readonly issuerUri: string; readonly allowedAudiences?: string[] };
    readonly attributeMapping: Record<string, string>;
    readonly attributeCondition?: string;
    readonly disabled?: boolean;
  }
  type Bindings = Parameters<GcpAdmin['setServiceAccountBindings']>[1];

  async function onGoogle(of: GcpCase, projectNumber: string, jwt: string): Promise<Outcome> {
    const { gcp } = world.emulator;
    const { oidc, ...described } = of.policy as Described;
    const id = { projectNumber, poolId: 'vercel' };
    const email = `shop@p${projectNumber}.iam.gserviceaccount.com`;
    const policy = of.serviceAccountPolicy as { readonly bindings: Bindings } | undefined;
    const isKept = kept(() => {
      gcp.createPool(id);
      gcp.createProvider({ ...id, ...oidc, ...described, providerId: 'vercel' });
      if (policy !== undefined) gcp.createServiceAccount({ email, bindings: policy.bindings });
    });
    if (!isKept) return { verdict: 'invalid', answer: undefined };
    const federated = await form(`${world.emulator.url('gcp-sts')}/v1/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/vercel/providers/vercel`,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: jwt,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    });
    const token = (await federated.json()) as { readonly error?: string; readonly access_token?: string };
    if (!federated.ok) return refusedWith(token.error);
    if (policy === undefined) return ALLOWED;
    const url = `${world.emulator.url('gcp-iam-credentials')}/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.access_token ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: ['https://www.googleapis.com/auth/cloud-platform'] }),
    });
    if (answer.ok) return ALLOWED;
    return refusedWith(
      ((await answer.json()) as { readonly error: { readonly status: string } }).error.status,
    );
  }
});

describe('Azure', () => {
  const tenantId = '0b7a1c52-63a8-4c0e-8a2b-7f3c5d9e1a20';
  beforeAll(() => world.emulator.azure.createTenant({ tenantId }));

  test.each(AZURE_CASES.map((of, index) => [of.name, of, index] as const))('%s', async (_name, of, index) => {
    const jwt = await mint(of, world.emulator);
    const explained = await explain({
      cloud: 'azure',
      policy: JSON.stringify(of.policy),
      claims: readSubjectToken(jwt).claims,
      now: world.emulator.clock.now(),
    });
    const clientId = `5f0c3d7e-1b2a-4d6f-9e8c-${String(index).padStart(12, '0')}`;
    expectSame(of, explained, await onAzure(of, clientId, jwt));
  });

  interface Listed extends Omit<FederatedCredential, 'audience'> {
    readonly audiences: readonly [string];
  }

  async function onAzure(of: PolicyCase, clientId: string, jwt: string): Promise<Outcome> {
    const { azure } = world.emulator;
    const policy = of.policy as Listed | readonly Listed[] | { readonly value: readonly Listed[] };
    const list = 'value' in policy ? policy.value : [policy].flat();
    const federatedCredentials = (list as readonly Listed[]).map(
      ({ name, issuer, subject, audiences: [audience] }) => ({
        name,
        issuer,
        subject,
        audience,
      }),
    );
    if (!kept(() => azure.createApplication({ tenantId, clientId, federatedCredentials })))
      return { verdict: 'invalid', answer: undefined };
    const answer = await form(`${world.emulator.url('entra')}/${tenantId}/oauth2/v2.0/token`, {
      client_id: clientId,
      scope: 'https://storage.azure.com/.default',
      grant_type: 'client_credentials',
      client_assertion: jwt,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    if (answer.ok) return ALLOWED;
    const {
      error_codes: [code],
    } = (await answer.json()) as { readonly error_codes: readonly number[] };
    return refusedWith(`AADSTS${String(code)}`);
  }
});

test('sixty policies, twenty a cloud at least, and each of the mistakes that people write about', () => {
  for (const cases of [AWS_CASES, GCP_CASES, AZURE_CASES]) expect(cases.length).toBeGreaterThanOrEqual(20);
});
