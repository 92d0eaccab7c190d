/** Conditions and mappings that were published for GitHub Actions, each with what comes of it. */

import type { GcpCase } from './gcp-cases.js';
import { FALSE, GITHUB, PULL_REQUEST, when } from './gcp-condition-case.js';

const GITHUB_COM = 'https://github.com';
const AUTH = `${GITHUB_COM}/google-github-actions/auth`;
const AUTH_IDS = `${AUTH}/blob/main/docs/SECURITY_CONSIDERATIONS.md`;
const AUTH_README = `${AUTH}/blob/main/README.md`;
const FABRIC = `${GITHUB_COM}/GoogleCloudPlatform/cloud-foundation-fabric/blob/master`;
const FABRIC_DEFINITIONS = `${FABRIC}/modules/project/identity-providers-defs.tf`;
const TERRAFORM = `${GITHUB_COM}/hashicorp/terraform-provider-google/blob/main/google/services/iambeta/resource_iam_workload_identity_pool_provider_generated_test.go`;
const MESOFORM = `${GITHUB_COM}/mesoform/terraform-infrastructure-modules/blob/main/gcp/iam/workload_identity_federation`;
const CHECKOV = `${GITHUB_COM}/bridgecrewio/checkov/blob/main/tests/terraform/checks/resource/gcp/example_GithubActionsOIDCTrustPolicy/main.tf`;
const CEL = `${GITHUB_COM}/google/cel-spec/blob/master`;
const testsOf = (name: string): string => `${CEL}/tests/simple/testdata/${name}.textproto`;
const COMPARISONS = testsOf('comparisons');

const REPOSITORY = { 'attribute.repository': 'assertion.repository' };
const HCL = `
    assertion.repository_owner_id == "1342004" &&
    attribute.repository == "acme/shop" &&
    assertion.ref == "refs/heads/main" &&
    assertion.ref_type == "branch"
`;
const RULE =
  "(assertion.repository=='acme/shop' && (assertion.event_name=='pull_request' || assertion.event_name=='workflow_dispatch')";

export const GITHUB_CONDITIONS: readonly GcpCase[] = [
  when('GitHub: the owner', AUTH_README, "assertion.repository_owner == 'acme'", 'allowed', [], {
    claims: GITHUB,
  }),
  when(
    "GitHub: the guide's variable was not replaced",
    AUTH_README,
    "assertion.repository_owner == '${GITHUB_ORG}'",
    'refused',
    ['placeholder_left', FALSE],
    { claims: GITHUB },
  ),
  when(
    'GitHub: ids are texts',
    AUTH_IDS,
    "assertion.repository_owner_id == '1342004' && assertion.repository_id == '260064828'",
    'allowed',
    [],
    { claims: GITHUB },
  ),
  when(
    'GitHub: an id written as a number',
    AUTH_IDS,
    'assertion.repository_owner_id == 1342004',
    'refused',
    ['type_differs', FALSE],
    { claims: GITHUB },
  ),
  when(
    'GitHub: a name of another case',
    COMPARISONS,
    "assertion.repository_owner == 'Acme'",
    'refused',
    ['case_differs', FALSE],
    { claims: GITHUB },
  ),
  when(
    'GitHub: the branch of a pull request is no ref of its token',
    `${AUTH}/issues/308`,
    `${RULE} && assertion.ref.startsWith('refs/heads/rule/'))`,
    'refused',
    ['pattern_differs', FALSE],
    { claims: PULL_REQUEST },
  ),
  when('GitHub: the same without the branch', `${AUTH}/issues/308`, `${RULE})`, 'allowed', [], {
    claims: PULL_REQUEST,
  }),
  when(
    'GitHub: a pull request has a ref all the same',
    `${AUTH}/issues/308`,
    "assertion.ref.startsWith('refs')",
    'allowed',
    [],
    { claims: PULL_REQUEST },
  ),
  when(
    'GitHub: a push is neither of two events',
    `${AUTH}/issues/308`,
    `${RULE})`,
    'refused',
    ['value_differs', FALSE],
    {
      claims: GITHUB,
    },
  ),
  when(
    'GitHub: job_workflow_ref leaves refs/heads out',
    `${GITHUB_COM}/github/docs/pull/32123`,
    "assertion.job_workflow_ref == 'acme/shop/.github/workflows/deploy.yaml@refs/heads/main'",
    'refused',
    ['value_differs', FALSE],
    { claims: { ...GITHUB, job_workflow_ref: 'acme/shop/.github/workflows/deploy.yaml@main' } },
  ),
  when(
    'GitHub: a star in a subject',
    CHECKOV,
    "assertion.sub == 'repo:acme/shop:*'",
    'refused',
    ['wildcard_in_cel', FALSE],
    { claims: GITHUB },
  ),
  when('GitHub: a subject', CHECKOV, "assertion.sub == 'repo:acme/shop:ref:refs/heads/main'", 'allowed', [], {
    claims: GITHUB,
  }),
  when(
    'GitHub: the placeholder of a linter',
    `${GITHUB_COM}/bridgecrewio/checkov/blob/main/tests/terraform/checks/resource/gcp/example_GoogleIAMWorkloadIdentityConditional/main.tf`,
    "assertion.repository_owner=='your-github-organization'",
    'refused',
    ['placeholder_left', FALSE],
    { claims: GITHUB },
  ),
  when('GitHub: four lines', TERRAFORM, HCL, 'allowed', [], { claims: GITHUB, mapping: REPOSITORY }),
  when(
    'GitHub: four lines, and a tag',
    TERRAFORM,
    HCL,
    'refused',
    ['value_differs', FALSE, 'value_differs', FALSE],
    {
      claims: { ...GITHUB, ref: 'refs/tags/v1', ref_type: 'tag' },
      mapping: REPOSITORY,
    },
  ),
  when(
    'GitHub: an attribute that the mapping lacks',
    `${GITHUB_COM}/sky0621/my-test-project/blob/main/terraform/_modules/iam_workload_identity_pool_provider/main.tf`,
    'attribute.repository == assertion.repository && attribute.repository_owner == assertion.repository_owner',
    'refused',
    ['attribute_not_mapped'],
    { claims: GITHUB, mapping: REPOSITORY },
  ),
  when(
    'GitHub: a misspelt claim',
    `${MESOFORM}/README.md`,
    "assertion.repostory_owner=='acme' && assertion.actor=='ada'",
    'refused',
    ['no_such_claim'],
    { claims: GITHUB },
  ),
  when(
    'GitHub: refs/head for refs/heads',
    `${GITHUB_COM}/mesoform/terraform-infrastructure-modules/blob/main/tests/gcp/unit_tests/workload_identity_federation/test.auto.tfvars`,
    "assertion.repository_owner=='acme' && assertion.ref=='refs/head/main'",
    'refused',
    ['value_differs', FALSE],
    { claims: GITHUB },
  ),
  when(
    'GitHub: attributes that are put together',
    FABRIC_DEFINITIONS,
    "attribute.fast_sub == 'repo:acme/shop:ref:refs/heads/main'",
    'allowed',
    [],
    {
      claims: GITHUB,
      mapping: { 'attribute.fast_sub': '"repo:" + assertion.repository + ":ref:" + assertion.ref' },
    },
  ),
  when(
    'GitHub: an owner in a mapped attribute',
    `${FABRIC}/tests/fast/stages/s0_bootstrap/cicd.tfvars`,
    'attribute.repository_owner=="fast"',
    'refused',
    ['value_differs', FALSE],
    { claims: GITHUB, mapping: { 'attribute.repository_owner': 'assertion.repository_owner' } },
  ),
  when(
    'GitHub: a subject shortened by split',
    `${AUTH}/issues/423`,
    "google.subject == 'acme/shop'",
    'allowed',
    [],
    {
      claims: GITHUB,
      mapping: { 'google.subject': "assertion.sub.split(':')[1]" },
    },
  ),
  when('GitHub: a long branch name', `${AUTH}/issues/124`, undefined, 'refused', ['subject_too_long'], {
    claims: { sub: `repo:acme/shop:ref:refs/heads/${'a-button-in-madmin-'.repeat(6)}` },
  }),
  when(
    'GitHub: a target without its prefix',
    `${GITHUB_COM}/kushin77/self-hosted-runner/issues/1900`,
    undefined,
    'invalid',
    ['malformed_policy'],
    { claims: GITHUB, mapping: { 'assertion.aud': 'assertion.aud' } },
  ),
];
