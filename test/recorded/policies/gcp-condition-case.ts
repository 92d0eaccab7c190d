/** Conditions and mappings of pool providers: how a row is written, and the tokens that public ones were written for. */

import type { FindingCode } from '@credex/cli';
import type { GcpCase } from './gcp-cases.js';
import { AUDIENCE, ISSUER, PROJECT_NUMBER } from './policy-case.js';

type Verdict = GcpCase['verdict'];
type Claims = Readonly<Record<string, unknown>>;

interface More {
  readonly claims?: Claims;
  readonly mapping?: Readonly<Record<string, string>>;
  readonly isUnverified?: boolean;
}

const provider = (mapping: object, attributeCondition: string | undefined): object => ({
  name: `projects/${PROJECT_NUMBER}/locations/global/workloadIdentityPools/vercel/providers/vercel`,
  state: 'ACTIVE',
  oidc: { issuerUri: ISSUER, allowedAudiences: [AUDIENCE] },
  attributeMapping: { 'google.subject': 'assertion.sub', ...mapping },
  ...(attributeCondition === undefined ? {} : { attributeCondition }),
});

export const when = (
  name: string,
  source: string,
  condition: string | undefined,
  verdict: Verdict,
  findings: readonly FindingCode[] = [],
  { claims = {}, mapping = {}, isUnverified = false }: More = {},
): GcpCase => ({
  name,
  source,
  token: { claims },
  policy: provider(mapping, condition),
  verdict,
  findings,
  ...(isUnverified ? { isUnverified } : {}),
});

/** The tokens that the public conditions were written for, as far as these conditions read them. */
export const GITHUB: Claims = {
  sub: 'repo:acme/shop:ref:refs/heads/main',
  repository: 'acme/shop',
  repository_owner: 'acme',
  repository_id: '260064828',
  repository_owner_id: '1342004',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  actor: 'ada',
  event_name: 'push',
  workflow: 'deploy',
  job_workflow_ref: 'acme/shop/.github/workflows/deploy.yaml@refs/heads/main',
};
export const PULL_REQUEST: Claims = {
  ...GITHUB,
  sub: 'repo:acme/shop:pull_request',
  ref: 'refs/pull/12/merge',
  event_name: 'pull_request',
};
export const GITLAB: Claims = {
  sub: 'project_path:acme/shop:ref_type:branch:ref:main',
  namespace_path: 'acme',
  project_path: 'acme/shop',
  ref: 'main',
  ref_protected: 'true',
};
export const TERRAFORM_CLOUD: Claims = {
  sub: 'organization:acme:project:shop:workspace:prod:run_phase:apply',
  terraform_organization_id: 'org-GRNbCjYNpBB6NEBH',
  terraform_workspace_id: 'ws-mbsd5E3Ktt5Rg2Xm',
};
export const AWS: Claims = {
  sub: 'AROA:i-1',
  account: '999999999999',
  arn: 'arn:aws:sts::999999999999:assumed-role/stack-eu-central-1-lambdaRole/i-1',
};
export const ENTRA: Claims = {
  sub: '/eid1/c/pub/t/x/a/y/sc/5d2face9-4998-4294-8d24-763e98b6af3e/ddf48e36-d2cc-4aed-b863-abcdefghi',
  tid: 'a659ec42-b896-4739-824b-abcdefghi',
  oid: '8bb39bdb-1cc5-4447-b7db-a19e920eb111',
  groups: ['e968c2ef-047c-498d-8d79-16ca1b61e77e'],
};
export const SPACE: Claims = {
  swname: 'CONFIDENTIAL_SPACE',
  submods: { confidential_space: { support_attributes: ['LATEST', 'STABLE', 'USABLE'] } },
  google_service_accounts: ['enclave@acme.iam.gserviceaccount.com'],
};
export const POD: Claims = {
  sub: 'system:serviceaccount:backend:api',
  'kubernetes.io': { namespace: 'backend', pod: { name: 'api-1' } },
};

/** Stands behind each cause: the part of the condition that it is in. */
export const FALSE = 'condition_false';
