// Longer than 300 lines: one table of conditions and mappings that were published for issuers other than GitHub.

import type { GcpCase } from './gcp-cases.js';
import { AWS, ENTRA, FALSE, GITLAB, POD, SPACE, TERRAFORM_CLOUD, when } from './gcp-condition-case.js';

const GITHUB_COM = 'https://github.com';
const FABRIC = `${GITHUB_COM}/GoogleCloudPlatform/cloud-foundation-fabric/blob/master`;
const FABRIC_AZURE = `${FABRIC}/fast/project-templates/devops-azure-wif/README.md`;
const TERRAFORM = `${GITHUB_COM}/hashicorp/terraform-provider-google/blob/main/google/services/iambeta/resource_iam_workload_identity_pool_provider_generated_test.go`;
const MESOFORM = `${GITHUB_COM}/mesoform/terraform-infrastructure-modules/blob/main/gcp/iam/workload_identity_federation`;
const DYNAMIC = `${GITHUB_COM}/hashicorp/terraform-dynamic-credentials-setup-examples/blob/main/gcp/gcp.tf`;
const CONFIDENTIAL = `${GITHUB_COM}/privacysandbox/bidding-auction-servers/issues/41`;
const GITLAB_TOKEN = 'https://docs.gitlab.com/ee/ci/secrets/id_token_authentication.html#token-payload';
const REFERENCE =
  'https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers';
const CEL = `${GITHUB_COM}/google/cel-spec/blob/master`;
const LANGUAGE = `${CEL}/doc/langdef.md`;
const testsOf = (name: string): string => `${CEL}/tests/simple/testdata/${name}.textproto`;
const [LISTS, FIELDS] = [testsOf('lists'), testsOf('fields')];

const AWS_ROLE = {
  'attribute.aws_role':
    "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn",
};
export const PUBLIC_CONDITIONS: readonly GcpCase[] = [
  when(
    'GitLab: the group',
    `${GITHUB_COM}/Cyclenerd/google-workload-identity-federation/blob/master/gitlab.md`,
    "assertion.namespace_path == 'acme'",
    'allowed',
    [],
    { claims: GITLAB },
  ),
  when(
    'GitLab: another group',
    `${FABRIC}/modules/project/README.md`,
    "attribute.namespace_path=='my_org'",
    'refused',
    ['value_differs', FALSE],
    {
      claims: GITLAB,
      mapping: { 'attribute.namespace_path': 'assertion.namespace_path' },
    },
  ),
  when(
    'GitLab: a protected branch, which is a text',
    GITLAB_TOKEN,
    "assertion.ref_protected == 'true'",
    'allowed',
    [],
    {
      claims: GITLAB,
    },
  ),
  when(
    'GitLab: a protected branch, as true',
    GITLAB_TOKEN,
    'assertion.ref_protected == true',
    'refused',
    ['type_differs', FALSE],
    {
      claims: GITLAB,
    },
  ),
  when(
    'GitLab: a text that stands for true',
    REFERENCE,
    'assertion.ref_protected',
    'refused',
    ['condition_not_boolean'],
    {
      claims: GITLAB,
    },
  ),
  when(
    'Terraform: one workspace, every phase',
    DYNAMIC,
    'assertion.sub.startsWith("organization:acme:project:shop:workspace:prod")',
    'allowed',
    [],
    { claims: TERRAFORM_CLOUD },
  ),
  when(
    'Terraform: another workspace',
    DYNAMIC,
    'assertion.sub.startsWith("organization:acme:project:shop:workspace:test")',
    'refused',
    ['pattern_differs', FALSE],
    { claims: TERRAFORM_CLOUD },
  ),
  when(
    "Terraform: a template's variable",
    `${MESOFORM}/trusted_issuers.yaml`,
    "assertion.terraform_organization_id=='${owner}'",
    'refused',
    ['placeholder_left', FALSE],
    { claims: TERRAFORM_CLOUD },
  ),
  when(
    'Terraform: another organization, by a mapped attribute',
    `${GITHUB_COM}/GoogleCloudPlatform/cloud-foundation-fabric/pull/915`,
    'attribute.workspace == "ws-mbsd5E3Ktt5Rg2Xm" && attribute.organization == "org-x"',
    'refused',
    ['value_differs', FALSE],
    {
      claims: TERRAFORM_CLOUD,
      mapping: {
        'attribute.workspace': 'assertion.terraform_workspace_id',
        'attribute.organization': 'assertion.terraform_organization_id',
      },
    },
  ),
  when(
    'the default mapping of AWS',
    REFERENCE,
    "attribute.aws_role == 'arn:aws:sts::999999999999:assumed-role/stack-eu-central-1-lambdaRole'",
    'allowed',
    [],
    { claims: AWS, mapping: AWS_ROLE },
  ),
  when(
    'another role of AWS',
    TERRAFORM,
    "attribute.aws_role=='arn:aws:sts::999999999999:assumed-role/x'",
    'refused',
    ['value_differs', FALSE],
    {
      claims: AWS,
      mapping: AWS_ROLE,
    },
  ),
  when(
    'an environment by ? and :',
    TERRAFORM,
    "attribute.environment == 'prod'",
    'refused',
    ['value_differs', FALSE],
    {
      claims: AWS,
      mapping: {
        'attribute.environment': 'assertion.arn.contains(":instance-profile/Production") ? "prod" : "test"',
      },
    },
  ),
  when(
    'extract without its braces',
    `${MESOFORM}/README.md`,
    "attribute.aws_role == 'x'",
    'refused',
    ['cel_error'],
    {
      claims: AWS,
      mapping: { 'attribute.aws_role': "assertion.arn.extract('assumed-role/ROLE/')" },
      isUnverified: true,
    },
  ),
  when(
    'a group of Entra',
    TERRAFORM,
    '"e968c2ef-047c-498d-8d79-16ca1b61e77e" in assertion.groups',
    'allowed',
    [],
    {
      claims: ENTRA,
    },
  ),
  when(
    'no member of the group',
    TERRAFORM,
    '"e968c2ef-047c-498d-8d79-16ca1b61e77e" in assertion.groups',
    'refused',
    ['value_differs', FALSE],
    {
      claims: { ...ENTRA, groups: [] },
    },
  ),
  when(
    'a group that is a text',
    LANGUAGE,
    '"e968c2ef-047c-498d-8d79-16ca1b61e77e" in assertion.groups',
    'refused',
    ['type_differs'],
    {
      claims: { ...ENTRA, groups: 'e968c2ef-047c-498d-8d79-16ca1b61e77e' },
    },
  ),
  when(
    'a subject from two claims',
    TERRAFORM,
    "google.subject.startsWith('azure::a659ec42')",
    'allowed',
    [],
    {
      claims: { ...ENTRA, sub: 'AAAAAAAAAA' },
      mapping: { 'google.subject': '"azure::" + assertion.tid + "::" + assertion.sub' },
    },
  ),
  when('a name looked up in a map', TERRAFORM, "attribute.name == 'workload1'", 'allowed', [], {
    claims: { ...ENTRA, sub: 'x' },
    mapping: { 'attribute.name': '{"8bb39bdb-1cc5-4447-b7db-a19e920eb111":"workload1"}[assertion.oid]' },
  }),
  when('a name that the map lacks', FIELDS, "attribute.name == 'workload1'", 'refused', ['cel_error'], {
    claims: { ...ENTRA, sub: 'x', oid: 'y' },
    mapping: { 'attribute.name': '{"8bb39bdb-1cc5-4447-b7db-a19e920eb111":"workload1"}[assertion.oid]' },
  }),
  when('the second half of a subject', FABRIC_AZURE, "assertion.oid.startsWith('8bb39bdb')", 'allowed', [], {
    claims: ENTRA,
    mapping: { 'google.subject': 'assertion.sub.split("/sc/")[1]' },
  }),
  when('a subject without a second half', LISTS, undefined, 'refused', ['cel_error', 'subject_not_mapped'], {
    claims: { ...ENTRA, sub: 'x' },
    mapping: { 'google.subject': 'assertion.sub.split("/sc/")[1]' },
  }),
  when('true', TERRAFORM, 'true', 'allowed'),
  when(
    'false',
    `${GITHUB_COM}/hashicorp/terraform-provider-google/blob/main/google/services/iamworkforcepool/resource_iam_workforce_pool_provider_test.go`,
    'false',
    'refused',
    ['value_differs', FALSE],
  ),
  when('a member of admins', REFERENCE, "'admins' in google.groups", 'allowed', [], {
    claims: { groups: ['admins'] },
    mapping: { 'google.groups': 'assertion.groups' },
  }),
  when('no member of admins', REFERENCE, "'admins' in google.groups", 'refused', ['value_differs', FALSE], {
    claims: { groups: ['developers'] },
    mapping: { 'google.groups': 'assertion.groups' },
  }),
  when(
    'groups that are not mapped',
    REFERENCE,
    "'admins' in google.groups",
    'refused',
    ['attribute_not_mapped'],
    {
      claims: { groups: ['admins'] },
    },
  ),
  when(
    'groups mapped to a text',
    REFERENCE,
    "'admins' in google.groups",
    'refused',
    ['type_differs', 'attribute_not_text'],
    {
      claims: { groups: 'admins' },
      mapping: { 'google.groups': 'assertion.groups' },
    },
  ),
  when(
    'Confidential Space',
    CONFIDENTIAL,
    "assertion.swname == 'CONFIDENTIAL_SPACE' && ['STABLE'].all(a, a in assertion.submods.confidential_space.support_attributes) && ('enclave@acme.iam.gserviceaccount.com' in assertion.google_service_accounts)",
    'allowed',
    [],
    { claims: SPACE },
  ),
  when(
    'Confidential Space: an attribute that the image lacks',
    CONFIDENTIAL,
    "['STABLE', 'EXPERIMENTAL'].all(a, a in assertion.submods.confidential_space.support_attributes)",
    'refused',
    ['value_differs', FALSE],
    { claims: SPACE },
  ),
  when(
    'Confidential Space: an empty list of principals',
    CONFIDENTIAL,
    "assertion.swname == 'CONFIDENTIAL_SPACE' && ()",
    'invalid',
    ['malformed_policy'],
    {
      claims: SPACE,
    },
  ),
  when(
    'Kubernetes: one of two namespaces',
    'https://cloud.google.com/iam/docs/workload-identity-federation-with-kubernetes',
    "assertion['kubernetes.io']['namespace'] in ['backend', 'monitoring']",
    'allowed',
    [],
    { claims: POD },
  ),
  when(
    'Kubernetes: another namespace',
    'https://cloud.google.com/iam/docs/workload-identity-federation-with-kubernetes',
    "assertion['kubernetes.io']['namespace'] in ['backend', 'monitoring']",
    'refused',
    ['value_differs', FALSE],
    { claims: { ...POD, 'kubernetes.io': { namespace: 'default' } } },
  ),
  when(
    'Kubernetes: no such member',
    FIELDS,
    "assertion['kubernetes.io'].cluster == 'x'",
    'refused',
    ['no_such_claim'],
    {
      claims: POD,
    },
  ),
];
