// Longer than 300 lines: one table of expressions, each with its outcome.

/** Flexible federated credentials: expressions in place of a subject, for tokens of other platforms and of Vercel. */

import type { FindingCode } from '@credex/cli';
import type { MintOptions } from '@credex/testing/emulator';
import type { AzureCase } from './azure-cases.js';
import { AUDIENCE, GLOBAL_ISSUER, ISSUER, PRODUCTION } from './policy-case.js';

const LEARN = 'https://learn.microsoft.com/entra/workload-id';
const FLEXIBLE = `${LEARN}/workload-identities-flexible-federated-identity-credentials`;
const SET_UP = `${LEARN}/workload-identities-set-up-flexible-federated-identity-credential`;
const GRAPH =
  'https://learn.microsoft.com/graph/api/resources/federatedidentitycredential?view=graph-rest-beta';
/** What Graph and Entra did with each expression, recorded in mid-2026. */
const RECORDED = 'https://github.com/verbanicm/azure-flexible-fic';
const AZUREAD = 'https://github.com/hashicorp/terraform-provider-azuread/issues';

const EXCHANGE = 'api://AzureADTokenExchange';
export const GITHUB = 'https://token.actions.githubusercontent.com';
const GITLAB = 'https://gitlab.com';
const TERRAFORM = 'https://app.terraform.io';

type Token = Partial<MintOptions>;

/** A token of another platform: `explain` warns that it is not Vercel's. */
const foreign = (iss: string, claims: Readonly<Record<string, unknown>>): Token => ({
  audience: EXCHANGE,
  claims: { iss, ...claims },
});
export const ON_GITHUB = foreign(GITHUB, {
  sub: 'repo:acme/shop:ref:refs/heads/main',
  job_workflow_ref: 'acme/pipelines/.github/workflows/deploy.yml@refs/heads/main',
  repository_id: '456789',
  repository_owner_id: '123456',
  event_name: 'push',
});
const onGitLab = (iss: string): Token =>
  foreign(iss, { sub: 'project_path:acme/shop:ref_type:branch:ref:main', project_id: '42' });
const onTerraform = (iss: string): Token =>
  foreign(iss, { sub: 'organization:acme:project:web:workspace:shop:run_phase:apply' });

const flexible = (issuer: string, value: string, more: object = {}): object => ({
  name: 'flexible',
  issuer,
  subject: null,
  audiences: [EXCHANGE],
  claimsMatchingExpression: { value, languageVersion: 1 },
  ...more,
});
const of = (
  token: Token,
  issuer: string,
  [name, source, value, verdict, ...findings]: readonly [
    string,
    string,
    string,
    AzureCase['verdict'],
    ...(readonly FindingCode[]),
  ],
  more: Partial<AzureCase> = {},
): AzureCase => ({
  name: `flexible, ${name}`,
  source,
  token,
  policy: [flexible(issuer, value)],
  verdict,
  // A policy that is not kept is not held against the token's issuer alone: the warning stays.
  findings: ['not_a_vercel_token', ...findings],
  ...more,
});
type Row = Parameters<typeof of>[2];
const github = (row: Row, more?: Partial<AzureCase>): AzureCase => of(ON_GITHUB, GITHUB, row, more);

const ID = "claims['repository_id'] eq '456789'";
const MAIN = "claims['sub'] matches 'repo:acme/shop:ref:refs/heads/*'";
const OLDER: Partial<AzureCase> = { isOlder: true, isRefusedToday: true };

export const AZURE_EXPRESSION_CASES: readonly AzureCase[] = [
  // GitHub.
  github(['GitHub, every branch of a repository', RECORDED, `${MAIN} and ${ID}`, 'allowed']),
  github(['GitHub, a repository id alone', RECORDED, ID, 'allowed']),
  github([
    'GitHub, the id of the owner',
    RECORDED,
    "claims['sub'] matches 'repo:acme/*:ref:refs/heads/main' and claims['repository_owner_id'] eq '123456'",
    'allowed',
  ]),
  github(['GitHub, no id: only an older one', `${AZUREAD}/1901`, MAIN, 'allowed'], OLDER),
  github(
    [
      'GitHub, a reusable workflow and no id: only an older one',
      FLEXIBLE,
      "claims['job_workflow_ref'] matches 'acme/pipelines/.github/workflows/*@refs/heads/main'",
      'allowed',
    ],
    OLDER,
  ),
  github([
    'GitHub, another id',
    RECORDED,
    `${MAIN} and claims['repository_id'] eq '1'`,
    'refused',
    'value_differs',
  ]),
  github([
    'GitHub, the name of the event',
    RECORDED,
    `${ID} and claims['event_name'] eq 'push'`,
    'invalid',
    'flexible_claim',
  ]),
  github([
    'GitHub, a pattern for an id',
    RECORDED,
    "claims['repository_id'] matches '4567*'",
    'invalid',
    'flexible_claim',
  ]),
  github(['GitHub, on a managed identity', RECORDED, `${MAIN} and ${ID}`, 'invalid', 'flexible_credential'], {
    policy: [
      flexible(GITHUB, `${MAIN} and ${ID}`, {
        type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
      }),
    ],
  }),
  github([
    'GitHub, a branch of another name',
    'https://github.com/tig/winprint/pull/125',
    `claims['sub'] matches 'repo:acme/shop:ref:refs/tags/*' and ${ID}`,
    'refused',
    'pattern_differs',
  ]),
  github([
    'GitHub, `?` for each letter',
    FLEXIBLE,
    `claims['sub'] matches 'repo:acme/shop:ref:refs/heads/????' and ${ID}`,
    'allowed',
  ]),
  github([
    'GitHub, one `?` too few',
    FLEXIBLE,
    `claims['sub'] matches 'repo:acme/shop:ref:refs/heads/???' and ${ID}`,
    'refused',
    'pattern_differs',
  ]),
  github([
    'GitHub, `eq`',
    FLEXIBLE,
    `claims['sub'] eq 'repo:acme/shop:ref:refs/heads/main' and ${ID}`,
    'allowed',
  ]),
  github([
    'GitHub, a star under `eq`',
    FLEXIBLE,
    `claims['sub'] eq 'repo:acme/shop:ref:refs/heads/*' and ${ID}`,
    'refused',
    'wildcard_not_supported',
  ]),
  github([
    'GitHub, a pattern without a star at its end',
    FLEXIBLE,
    `claims['sub'] matches 'repo:acme/shop' and ${ID}`,
    'refused',
    'pattern_differs',
  ]),
  github(
    [
      'GitHub, a pattern in other letters',
      FLEXIBLE,
      `claims['sub'] matches 'repo:Acme/shop:*' and ${ID}`,
      'refused',
      'case_differs',
    ],
    {
      // The page does not say whether `matches` regards case; the subject of other credentials does.
      isUnverified: true,
    },
  ),
  github([
    'GitHub, two comparisons of which one fails',
    FLEXIBLE,
    `claims['sub'] eq 'repo:acme/shop:ref:refs/heads/main' and claims['job_workflow_ref'] matches 'acme/shop/*' and ${ID}`,
    'refused',
    'pattern_differs',
  ]),
  github(
    [
      'GitHub, a claim that the token lacks',
      FLEXIBLE,
      `claims['job_workflow_ref'] matches 'acme/*' and ${ID}`,
      'refused',
      'no_such_claim',
    ],
    { token: foreign(GITHUB, { sub: 'repo:acme/shop:ref:refs/heads/main', repository_id: '456789' }) },
  ),
  github(
    [
      'GitHub, a subject with ids under a pattern of names',
      'https://github.com/Azure/login/issues/617',
      `claims['sub'] matches 'repo:acme/shop:*' and ${ID}`,
      'refused',
      'pattern_differs',
    ],
    {
      token: foreign(GITHUB, {
        sub: 'repo:acme@123456/shop@456789:ref:refs/heads/main',
        repository_id: '456789',
      }),
    },
  ),
  of(
    foreign('https://token.actions.acme.ghe.com', { sub: 'repo:acme/shop:ref:refs/heads/main' }),
    'https://token.actions.acme.ghe.com',
    ['an enterprise host of GitHub', FLEXIBLE, ID, 'invalid', 'flexible_credential'],
  ),
  github(['GitHub, and a credential with the subject', FLEXIBLE, ID, 'allowed'], {
    policy: [
      flexible(GITHUB, `claims['sub'] matches 'repo:acme/web:*' and ${ID}`),
      {
        name: 'exact',
        issuer: GITHUB,
        subject: 'repo:acme/shop:ref:refs/heads/main',
        audiences: [EXCHANGE],
      },
    ],
  }),
  github(['GitHub, an audience of another service', SET_UP, ID, 'refused', 'audience_differs'], {
    policy: [flexible(GITHUB, ID, { audiences: ['api://another'] })],
  }),

  // The form.
  github(['`or`', FLEXIBLE, `${MAIN} or ${ID}`, 'invalid', 'malformed_policy']),
  github([
    'two spaces around the operator',
    FLEXIBLE,
    "claims['repository_id']  eq  '456789'",
    'invalid',
    'malformed_policy',
  ]),
  github(['double quotes', FLEXIBLE, 'claims["repository_id"] eq "456789"', 'invalid', 'malformed_policy']),
  github([
    'another operator',
    FLEXIBLE,
    `claims['sub'] startsWith 'repo:' and ${ID}`,
    'invalid',
    'malformed_policy',
  ]),
  github(
    [
      'a quote in the text',
      FLEXIBLE,
      "claims['sub'] eq 'repo:acme/shop:environment:o''clock' and claims['repository_id'] eq '456789'",
      'allowed',
    ],
    {
      token: foreign(GITHUB, { sub: "repo:acme/shop:environment:o'clock", repository_id: '456789' }),
      // The page calls single quotes escape characters and shows no example.
      isUnverified: true,
    },
  ),
  github(['both a subject and an expression', GRAPH, ID, 'invalid', 'malformed_policy'], {
    policy: [flexible(GITHUB, ID, { subject: 'repo:acme/shop:ref:refs/heads/main' })],
  }),
  github(['another version of the language', SET_UP, ID, 'invalid', 'malformed_policy'], {
    policy: [flexible(GITHUB, ID, { claimsMatchingExpression: { value: ID, languageVersion: 2 } })],
  }),

  // GitLab and Terraform Cloud.
  of(onGitLab(GITLAB), GITLAB, [
    'GitLab, every branch',
    FLEXIBLE,
    "claims['sub'] matches 'project_path:acme/shop:ref_type:branch:ref:*'",
    'allowed',
  ]),
  of(onGitLab('https://gitlab.acme.com'), 'https://gitlab.acme.com', [
    'GitLab, self-managed',
    SET_UP,
    "claims['sub'] matches 'project_path:acme/*'",
    'allowed',
  ]),
  of(onGitLab('https://gitlab.acme.org'), 'https://gitlab.acme.org', [
    'GitLab, a host under another domain',
    FLEXIBLE,
    "claims['sub'] matches 'project_path:acme/*'",
    'invalid',
    'flexible_credential',
  ]),
  of(onGitLab(GITLAB), GITLAB, [
    'GitLab, another claim',
    'https://github.com/Azure/azure-workload-identity/issues/373',
    "claims['project_id'] eq '42'",
    'invalid',
    'flexible_claim',
  ]),
  of(
    onGitLab(GITLAB),
    GITLAB,
    ['GitLab, on a managed identity', SET_UP, "claims['sub'] matches 'project_path:acme/*'", 'allowed'],
    {
      policy: [
        flexible(GITLAB, "claims['sub'] matches 'project_path:acme/*'", {
          type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
        }),
      ],
    },
  ),
  of(onTerraform(TERRAFORM), TERRAFORM, [
    'Terraform Cloud, every phase',
    `${AZUREAD}/1715`,
    "claims['sub'] matches 'organization:acme:project:web:workspace:*:run_phase:*'",
    'allowed',
  ]),
  of(onTerraform('https://app.eu.terraform.io'), 'https://app.eu.terraform.io', [
    'Terraform Cloud in Europe',
    FLEXIBLE,
    "claims['sub'] matches 'organization:acme:*'",
    'allowed',
  ]),
  of(onTerraform('https://terraform.acme.example'), 'https://terraform.acme.example', [
    'Terraform Enterprise',
    `${AZUREAD}/1807`,
    "claims['sub'] matches 'organization:acme:*'",
    'invalid',
    'flexible_credential',
  ]),

  // Vercel.
  ...[
    ['a team', ISSUER, {}],
    ['the global one', GLOBAL_ISSUER, { issuerMode: 'global' }],
  ].map(([which, issuer, token]): AzureCase => ({
    name: `flexible, Vercel's issuer of ${String(which)}`,
    source: FLEXIBLE,
    token: token as Token,
    policy: [
      flexible(String(issuer), "claims['sub'] matches 'owner:acme:project:shop:*'", {
        audiences: [AUDIENCE],
      }),
    ],
    verdict: 'invalid',
    findings: ['flexible_credential'],
  })),
  {
    name: "flexible, GitHub's and Vercel's subject",
    source: FLEXIBLE,
    policy: [
      flexible(GITHUB, ID),
      { name: 'vercel', issuer: ISSUER, subject: PRODUCTION, audiences: [AUDIENCE] },
    ],
    verdict: 'allowed',
    findings: [],
  },
];
