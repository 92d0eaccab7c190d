// Longer than 300 lines: one table of pool providers and allow policies of service accounts, each next to what comes of it.

import type { AncestorPolicies } from './outcomes.js';
import type { PolicyCase } from './policy-case.js';
import {
  AUDIENCE,
  GLOBAL_ISSUER,
  ISSUER,
  PREVIEW,
  PRODUCTION,
  PROJECT_NUMBER,
  VERCEL_GCP,
} from './policy-case.js';

export interface GcpCase extends PolicyCase {
  /** As `gcloud iam service-accounts get-iam-policy --format=json` prints it; left out: no impersonation. */
  readonly serviceAccountPolicy?: unknown;
  /** As `gcloud projects get-ancestors-iam-policy` prints it. Default: nothing is inherited. */
  readonly projectPolicy?: AncestorPolicies;
}

const GUIDE = 'https://cloud.google.com/iam/docs/workload-identity-federation';
const THREADS = 'https://github.com/google-github-actions/auth/issues';
const POOL = `projects/${PROJECT_NUMBER}/locations/global/workloadIdentityPools/vercel`;
const NAME = `${POOL}/providers/vercel`;
const USER = 'roles/iam.workloadIdentityUser';

const provider = (oidc: object = {}, more: object = {}): object => ({
  name: NAME,
  state: 'ACTIVE',
  displayName: 'Vercel',
  oidc: { issuerUri: ISSUER, allowedAudiences: [AUDIENCE], ...oidc },
  attributeMapping: { 'google.subject': 'assertion.sub' },
  ...more,
});
const mapping = (more: object, condition?: string): object =>
  provider(
    {},
    {
      attributeMapping: { 'google.subject': 'assertion.sub', ...more },
      ...(condition === undefined ? {} : { attributeCondition: condition }),
    },
  );
const where = (condition: string): object => provider({}, { attributeCondition: condition });

const bound = (member: string, role: string = USER): object => ({
  bindings: [{ role, members: [member] }],
  etag: 'BwXhqDgzx3E=',
  version: 1,
});
const subject = (value: string, pool: string = POOL): string =>
  `principal://iam.googleapis.com/${pool}/subject/${value}`;
const set = (rest: string, pool: string = POOL): string =>
  `principalSet://iam.googleapis.com/${pool}/${rest}`;

export const GCP_CASES: readonly GcpCase[] = [
  {
    name: "Vercel's guide, the provider alone",
    source: VERCEL_GCP,
    policy: provider(),
    verdict: 'allowed',
    findings: [],
  },
  {
    name: "Vercel's guide, with the service account",
    source: VERCEL_GCP,
    policy: provider(),
    serviceAccountPolicy: bound(subject(PRODUCTION)),
    verdict: 'allowed',
    findings: [],
  },
  {
    name: 'Token Creator, which is more than is needed',
    source: 'https://cloud.google.com/iam/docs/service-account-permissions',
    policy: provider(),
    serviceAccountPolicy: bound(subject(PRODUCTION), 'roles/iam.serviceAccountTokenCreator'),
    verdict: 'allowed',
    findings: [],
  },
  {
    name: 'the whole pool may act as the service account',
    source: `${GUIDE}#impersonation`,
    policy: provider(),
    serviceAccountPolicy: bound(set('*')),
    verdict: 'allowed',
    findings: ['any_project', 'any_environment'],
  },
  {
    name: "the global issuer, a token of the team's",
    source: VERCEL_GCP,
    policy: provider({ issuerUri: GLOBAL_ISSUER }),
    verdict: 'refused',
    findings: ['issuer_mode'],
  },
  {
    name: 'the global issuer and nothing more',
    source: `${GUIDE}-with-other-providers#conditions`,
    token: { issuerMode: 'global' },
    policy: provider({
      issuerUri: GLOBAL_ISSUER,
      allowedAudiences: [AUDIENCE, 'https://vercel.com/credex-probe'],
    }),
    verdict: 'allowed',
    findings: ['any_team'],
  },
  {
    name: 'an issuer with a slash at its end',
    source: `${GUIDE}-with-other-providers`,
    policy: provider({ issuerUri: `${ISSUER}/` }),
    verdict: 'refused',
    findings: ['trailing_slash'],
  },
  {
    name: 'no allowed audience, the token as it comes',
    source: 'https://github.com/cube-js/cube/pull/11046',
    policy: provider({ allowedAudiences: undefined }),
    verdict: 'refused',
    findings: ['allowed_audiences_empty'],
  },
  {
    name: 'no allowed audience, a token made for the provider',
    source: 'https://github.com/external-secrets/external-secrets/pull/6979',
    token: { audience: `https://iam.googleapis.com/${NAME}` },
    policy: provider({ allowedAudiences: undefined }),
    verdict: 'allowed',
    findings: [],
  },
  {
    name: "the provider's name as allowed audience, the token as it comes",
    source: 'https://github.com/hexclave/hexclave/pull/2055',
    policy: provider({ allowedAudiences: [`//iam.googleapis.com/${NAME}`] }),
    verdict: 'refused',
    findings: ['default_audience'],
  },
  {
    name: 'an audience without its scheme',
    source: VERCEL_GCP,
    policy: provider({ allowedAudiences: ['vercel.com/acme'] }),
    verdict: 'refused',
    findings: ['scheme_differs'],
  },
  {
    name: 'a preview where the condition wants production',
    source: `${GUIDE}#conditions`,
    token: { environment: 'preview' },
    policy: where("assertion.project == 'shop' && assertion.environment == 'production'"),
    verdict: 'refused',
    findings: ['condition_false', 'environment_differs'],
  },
  {
    name: 'a misspelt claim in the condition',
    source: 'https://github.com/circleci/circleci-docs/pull/8541',
    policy: where("assertion.enviroment == 'production'"),
    verdict: 'refused',
    findings: ['no_such_claim'],
  },
  {
    name: 'a condition on an attribute that is not mapped',
    source: `${GUIDE}#mapping`,
    policy: where("attribute.project == 'shop'"),
    verdict: 'refused',
    findings: ['attribute_not_mapped'],
  },
  {
    name: 'a subject in another case in the condition',
    source: `${GUIDE}#conditions`,
    policy: where(`google.subject == 'owner:Acme:project:shop:environment:production'`),
    verdict: 'refused',
    findings: ['condition_false', 'case_differs'],
  },
  {
    name: 'a condition that gives a text',
    source: `${GUIDE}#conditions`,
    policy: where('assertion.environment'),
    verdict: 'refused',
    findings: ['condition_not_boolean'],
  },
  {
    name: 'a condition by ids, with a list and extract()',
    source: `${GUIDE}#conditions`,
    policy: mapping(
      { 'attribute.stage': "assertion.sub.extract('environment:{stage}')" },
      "assertion.owner_id == 'team_acme' && assertion.project_id in ['prj_shop', 'prj_web'] && attribute.stage != 'development'",
    ),
    verdict: 'allowed',
    findings: [],
  },
  {
    name: 'a subject of more than 127 bytes',
    source: `${GUIDE}#mapping`,
    token: {
      project:
        'a-project-with-a-name-as-long-as-vercel-allows-which-is-one-hundred-characters-and-not-one-character-mo',
    },
    policy: provider(),
    verdict: 'refused',
    findings: ['subject_too_long'],
  },
  {
    name: 'google.subject from a claim of development tokens',
    source: `${GUIDE}#mapping`,
    policy: provider({}, { attributeMapping: { 'google.subject': 'assertion.user_id' } }),
    verdict: 'refused',
    findings: ['subject_not_mapped', 'no_such_claim'],
  },
  {
    name: 'an attribute that is a list',
    source: `${GUIDE}#mapping`,
    policy: mapping({ 'attribute.audiences': '[assertion.aud]' }),
    verdict: 'refused',
    findings: ['attribute_not_text'],
  },
  {
    name: 'a disabled provider',
    source: `${THREADS}/202`,
    policy: provider({}, { disabled: true }),
    verdict: 'refused',
    findings: ['provider_disabled'],
  },
  {
    name: 'Service Account User, which gives no token',
    source: 'https://cloud.google.com/iam/docs/service-account-permissions',
    policy: provider(),
    serviceAccountPolicy: bound(subject(PRODUCTION), 'roles/iam.serviceAccountUser'),
    verdict: 'refused',
    findings: ['wrong_role', 'no_binding'],
  },
  {
    name: "the project's id in the member",
    source: 'https://cloud.google.com/iam/docs/principal-identifiers',
    policy: provider(),
    serviceAccountPolicy: bound(subject(PRODUCTION, POOL.replace(PROJECT_NUMBER, 'acme-prod'))),
    verdict: 'refused',
    findings: ['project_id_not_number', 'no_binding'],
  },
  {
    name: 'another pool in the member',
    source: 'https://cloud.google.com/iam/docs/principal-identifiers',
    policy: provider(),
    serviceAccountPolicy: bound(subject(PRODUCTION, POOL.replace(/vercel$/, 'vercel-staging'))),
    verdict: 'refused',
    findings: ['pool_differs', 'no_binding'],
  },
  {
    name: 'a wildcard in the member',
    source: `${THREADS}/77`,
    policy: mapping({ 'attribute.project': 'assertion.owner + "/" + assertion.project' }),
    serviceAccountPolicy: bound(set('attribute.project/acme/*')),
    verdict: 'refused',
    findings: ['wildcard_in_member', 'no_binding'],
  },
  {
    name: 'two attributes in one member',
    source: `${THREADS}/233`,
    policy: mapping({
      'attribute.project': 'assertion.project',
      'attribute.environment': 'assertion.environment',
    }),
    serviceAccountPolicy: bound(set('attribute.project/shop/attribute.environment/production')),
    verdict: 'refused',
    findings: ['one_attribute_per_member', 'no_binding'],
  },
  {
    name: 'a member by an attribute that is not mapped',
    source: 'https://github.com/google-github-actions/auth/pull/132',
    policy: provider(),
    serviceAccountPolicy: bound(set('attribute.environment/production')),
    verdict: 'refused',
    findings: ['attribute_not_mapped', 'no_binding'],
  },
  {
    name: 'a subject without its colons in the member',
    source: VERCEL_GCP,
    policy: provider(),
    serviceAccountPolicy: bound(subject('owner:acme:project:shop:environmentproduction')),
    verdict: 'refused',
    findings: ['missing_colon', 'no_binding'],
  },
  {
    name: 'the preview as member',
    source: VERCEL_GCP,
    policy: provider(),
    serviceAccountPolicy: bound(subject(PREVIEW)),
    verdict: 'refused',
    findings: ['environment_differs', 'no_binding'],
  },
  {
    name: 'production of every project as member',
    source: `${THREADS}/200`,
    policy: mapping({ 'attribute.environment': 'assertion.environment' }),
    serviceAccountPolicy: bound(set('attribute.environment/production')),
    verdict: 'allowed',
    findings: ['any_project'],
  },
  {
    name: 'an attribute of a single principal',
    source: `${THREADS}/425`,
    policy: mapping({ 'attribute.project': 'assertion.project' }),
    serviceAccountPolicy: bound(subject('x').replace('/subject/x', '/attribute.project/shop')),
    verdict: 'invalid',
    findings: ['principal_kind'],
  },
  {
    name: 'no google.subject in the mapping',
    source: `${GUIDE}#mapping`,
    policy: provider({}, { attributeMapping: { 'attribute.project': 'assertion.project' } }),
    verdict: 'invalid',
    findings: ['malformed_policy'],
  },
  {
    name: 'a condition that is no CEL',
    source: 'https://github.com/google/cel-spec',
    policy: where("assertion.environment = 'production'"),
    verdict: 'invalid',
    findings: ['malformed_policy'],
  },
];
