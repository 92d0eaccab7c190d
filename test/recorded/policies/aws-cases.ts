// Longer than 300 lines: one table of trust policies of AWS roles, each with its outcome.

import type { PolicyCase } from './policy-case.js';
import { ACCOUNT, AUDIENCE, PREVIEW, PRODUCTION, VERCEL_AWS, VERCEL_REFERENCE } from './policy-case.js';

export interface AwsCase extends PolicyCase {
  /** Default: role/shop-production of the case's account. */
  readonly roleArn?: string;
  /** As `aws iam get-open-id-connect-provider` prints it. Default: one that takes the token. */
  readonly identityProvider?: { readonly Url: string; readonly ClientIDList: readonly string[] };
  readonly roleSessionName?: string;
  /** The role is older than what IAM asks of a new one, and has a raised quota. */
  readonly isOlder?: boolean;
  /** IAM makes no new role of this trust policy, and keeps an older one. */
  readonly isRefusedToday?: boolean;
}

const IAM = 'https://docs.aws.amazon.com/IAM/latest/UserGuide';
const THREADS = 'https://github.com/aws-actions/configure-aws-credentials/issues';
const TEAM = 'oidc.vercel.com/acme';
const GLOBAL = 'oidc.vercel.com';
const SUB = `${TEAM}:sub`;
const AUD = `${TEAM}:aud`;
const arnOf = (host: string, account: string = ACCOUNT, partition = 'aws'): string =>
  `arn:${partition}:iam::${account}:oidc-provider/${host}`;

const allow = (condition: object | undefined, more: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated: arnOf(TEAM) },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...(condition === undefined ? {} : { Condition: condition }),
  ...more,
});
const policyOf = (...statements: object[]): object => ({ Version: '2012-10-17', Statement: statements });
const exact = (sub: unknown = PRODUCTION, aud: unknown = AUDIENCE): object => ({
  StringEquals: { [SUB]: sub, [AUD]: aud },
});

export const AWS_CASES: readonly AwsCase[] = [
  {
    name: "Vercel's guide, team issuer",
    source: VERCEL_AWS,
    policy: policyOf(allow(exact())),
    verdict: 'allowed',
    findings: [],
  },
  {
    name: "Vercel's guide, all projects in two environments",
    source: VERCEL_AWS,
    policy: policyOf(
      allow({
        StringEquals: { [AUD]: AUDIENCE },
        StringLike: {
          [SUB]: ['owner:acme:project:*:environment:preview', 'owner:acme:project:*:environment:production'],
        },
      }),
    ),
    verdict: 'allowed',
    findings: ['any_project'],
  },
  {
    name: "Vercel's guide for the global issuer, a token of the team's",
    source: VERCEL_AWS,
    policy: policyOf(
      allow(
        { StringEquals: { [`${GLOBAL}:sub`]: PRODUCTION, [`${GLOBAL}:aud`]: AUDIENCE } },
        { Principal: { Federated: arnOf(GLOBAL) } },
      ),
    ),
    verdict: 'refused',
    findings: ['issuer_mode', 'wrong_key_prefix', 'wrong_key_prefix'],
  },
  {
    name: "Vercel's guide for the global issuer, a global token",
    source: VERCEL_AWS,
    token: { issuerMode: 'global' },
    policy: policyOf(
      allow(
        { StringEquals: { [`${GLOBAL}:sub`]: PRODUCTION, [`${GLOBAL}:aud`]: AUDIENCE } },
        { Principal: { Federated: arnOf(GLOBAL) } },
      ),
    ),
    verdict: 'allowed',
    findings: [],
  },
  {
    name: 'global issuer, whoever owns the project',
    isOlder: true,
    source: `${IAM}/id_roles_providers_oidc_secure-by-default.html`,
    token: { issuerMode: 'global' },
    policy: policyOf(
      allow(
        { StringLike: { [`${GLOBAL}:sub`]: 'owner:*:project:shop:environment:production' } },
        { Principal: { Federated: arnOf(GLOBAL) } },
      ),
    ),
    verdict: 'allowed',
    findings: ['any_team', 'any_audience', 'shared_issuer_control'],
  },
  {
    name: 'a wildcard under StringEquals',
    source: 'https://github.com/CircleCI-Public/server-terraform/pull/291',
    policy: policyOf(allow(exact('owner:acme:project:shop:environment:*'))),
    verdict: 'refused',
    findings: ['wildcard_in_string_equals'],
  },
  {
    name: 'a slug in another case',
    source: `${THREADS}/318`,
    policy: policyOf(
      allow({ StringLike: { [SUB]: 'owner:Acme:project:shop:*' }, StringEquals: { [AUD]: AUDIENCE } }),
    ),
    verdict: 'refused',
    findings: ['case_differs'],
  },
  {
    name: "the team's provider with keys of the global issuer",
    source: 'https://github.com/windmill-labs/windmilldocs/pull/635',
    policy: policyOf(allow({ StringEquals: { [`${GLOBAL}:sub`]: PRODUCTION, [AUD]: AUDIENCE } })),
    verdict: 'refused',
    findings: ['wrong_key_prefix'],
  },
  {
    name: 'a condition key with a scheme',
    source: `${IAM}/reference_policies_iam-condition-keys.html#condition-keys-wif`,
    policy: policyOf(allow({ StringEquals: { [`https://${SUB}`]: PRODUCTION } })),
    verdict: 'refused',
    findings: ['key_with_scheme'],
  },
  {
    name: 'the action of a signed caller',
    source: `${THREADS}/690`,
    policy: policyOf(allow(exact(), { Action: 'sts:AssumeRole' })),
    verdict: 'refused',
    findings: ['wrong_action'],
  },
  {
    name: 'the provider of another account',
    source: `${IAM}/id_roles_create_for-idp_oidc.html`,
    policy: policyOf(allow(exact(), { Principal: { Federated: arnOf(TEAM, '210987654321') } })),
    verdict: 'refused',
    findings: ['provider_account_mismatch'],
  },
  {
    name: 'a role in China with a provider of the standard partition',
    source: `${IAM}/reference_identifiers.html#identifiers-arns`,
    roleArn: `arn:aws-cn:iam::${ACCOUNT}:role/shop-production`,
    policy: policyOf(allow(exact())),
    verdict: 'refused',
    findings: ['provider_partition_mismatch'],
  },
  {
    name: 'a provider ARN with a scheme in it',
    source: `${IAM}/id_roles_create_for-idp_oidc.html`,
    policy: policyOf(allow(exact(), { Principal: { Federated: arnOf(`https://${TEAM}`) } })),
    verdict: 'refused',
    findings: ['provider_arn_has_scheme'],
  },
  {
    name: 'a claim that AWS makes no key of',
    source: `${THREADS}/306`,
    policy: policyOf(allow({ StringEquals: { [`${TEAM}:project_id`]: 'prj_shop', [AUD]: AUDIENCE } })),
    verdict: 'refused',
    findings: ['claim_has_no_key'],
  },
  {
    name: 'nothing asked of the subject',
    source: `${IAM}/id_roles_providers_oidc_secure-by-default.html`,
    policy: policyOf(allow({ StringEquals: { [AUD]: AUDIENCE } })),
    verdict: 'allowed',
    findings: ['any_project', 'any_environment'],
  },
  {
    name: 'a preview where production is trusted',
    source: VERCEL_AWS,
    token: { environment: 'preview' },
    policy: policyOf(allow(exact())),
    verdict: 'refused',
    findings: ['environment_differs'],
  },
  {
    name: 'two operators on one key, meant as alternatives',
    source: `${IAM}/reference_policies_condition-logic-multiple-context-keys-or-values.html`,
    policy: policyOf(
      allow({
        StringEquals: { [SUB]: PRODUCTION },
        StringLike: { [SUB]: 'owner:acme:project:shop:environment:preview' },
      }),
    ),
    verdict: 'refused',
    findings: ['environment_differs', 'conditions_are_anded'],
  },
  {
    name: 'a Deny for previews',
    source: `${IAM}/reference_policies_evaluation-logic.html`,
    token: { environment: 'preview' },
    policy: policyOf(
      allow({ StringLike: { [SUB]: 'owner:acme:project:shop:*' } }),
      allow({ StringLike: { [SUB]: '*:environment:preview' } }, { Effect: 'Deny' }),
    ),
    verdict: 'refused',
    findings: ['explicit_deny'],
  },
  {
    name: 'an audience with a slash at its end',
    source: VERCEL_AWS,
    policy: policyOf(allow(exact(PRODUCTION, `${AUDIENCE}/`))),
    verdict: 'refused',
    findings: ['trailing_slash'],
  },
  {
    name: 'ForAllValues over a key that is not there',
    source: `${THREADS}/318`,
    policy: policyOf(
      allow({
        'ForAllValues:StringLike': { [`${GLOBAL}:sub`]: 'owner:acme:*' },
        StringEquals: { [AUD]: AUDIENCE },
      }),
    ),
    verdict: 'allowed',
    findings: ['admits_absent_key', 'any_project', 'any_environment'],
  },
  {
    name: 'IfExists over a key that is not there',
    source: `${IAM}/reference_policies_elements_condition_operators.html#Conditions_IfExists`,
    policy: policyOf(
      allow({
        StringEqualsIfExists: { [`${TEAM}:project`]: 'another' },
        StringEquals: { [SUB]: PRODUCTION, [AUD]: AUDIENCE },
      }),
    ),
    verdict: 'allowed',
    findings: ['admits_absent_key'],
  },
  {
    name: "the identity provider has the audience of other issuers' guides",
    source: `${THREADS}/690`,
    identityProvider: { Url: TEAM, ClientIDList: ['sts.amazonaws.com'] },
    policy: policyOf(allow({ StringEquals: { [SUB]: PRODUCTION } })),
    verdict: 'refused',
    findings: ['default_audience', 'identity_provider_audience'],
  },
  {
    name: 'the audience as the URL of the identity provider',
    source: VERCEL_AWS,
    identityProvider: { Url: 'vercel.com/acme', ClientIDList: [AUDIENCE] },
    policy: policyOf(
      allow(
        { StringEquals: { 'vercel.com/acme:sub': PRODUCTION } },
        { Principal: { Federated: arnOf('vercel.com/acme') } },
      ),
    ),
    verdict: 'refused',
    findings: ['audience_as_issuer', 'audience_as_issuer', 'identity_provider_issuer', 'wrong_key_prefix'],
  },
  {
    name: 'a renamed team, two statements',
    source: VERCEL_REFERENCE,
    policy: policyOf(
      allow(exact('owner:acme-old:project:shop:environment:production', 'https://vercel.com/acme-old'), {
        Principal: { Federated: arnOf('oidc.vercel.com/acme-old') },
      }),
      allow(exact()),
    ),
    verdict: 'allowed',
    findings: [],
  },
  {
    name: 'ids where the subject has names',
    source: 'https://www.mintlify.com/Wraps-team/wraps/guides/oidc-vercel',
    policy: policyOf(allow(exact('owner:team_acme:project:prj_shop:environment:production'))),
    verdict: 'refused',
    findings: ['id_instead_of_name'],
  },
  {
    name: 'a session name that the request does not have',
    source: `${IAM}/reference_policies_iam-condition-keys.html#ck_rolesessionname`,
    roleSessionName: 'shop',
    policy: policyOf(
      allow({
        StringEquals: { [SUB]: PRODUCTION, [AUD]: AUDIENCE },
        StringLike: { 'sts:RoleSessionName': 'shop-*' },
      }),
    ),
    verdict: 'refused',
    findings: ['pattern_differs'],
  },
  {
    name: 'one audience of two shut out',
    source: `${IAM}/reference_policies_condition-single-vs-multi-valued-context-keys.html`,
    token: { audience: [AUDIENCE, 'https://api.acme.example'] },
    identityProvider: { Url: TEAM, ClientIDList: [AUDIENCE] },
    policy: policyOf(
      allow({ StringEquals: { [SUB]: PRODUCTION }, StringNotEquals: { [AUD]: 'https://api.acme.example' } }),
    ),
    verdict: 'refused',
    findings: ['several_audiences', 'value_differs'],
  },
  {
    name: 'everyone as the principal',
    source: `${IAM}/reference_policies_elements_principal.html#principal-anonymous`,
    policy: policyOf(allow(exact(), { Principal: '*' })),
    verdict: 'allowed',
    findings: ['any_principal'],
  },
  {
    name: 'every principal of AWS as the principal',
    source: `${IAM}/reference_policies_elements_principal.html`,
    policy: policyOf(allow(exact(), { Principal: { AWS: '*' } })),
    verdict: 'refused',
    findings: ['principal_not_federated'],
  },
  {
    name: 'a person as the principal',
    source: `${IAM}/reference_policies_elements_principal.html`,
    policy: policyOf(allow(exact(), { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } })),
    verdict: 'refused',
    findings: ['principal_not_federated'],
  },
  {
    name: 'what `aws iam get-role` prints, the document percent-encoded',
    source: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html',
    policy: {
      Role: {
        RoleName: 'shop-production',
        Arn: `arn:aws:iam::${ACCOUNT}:role/shop-production`,
        AssumeRolePolicyDocument: encodeURIComponent(
          JSON.stringify(policyOf(allow(exact([PREVIEW, PRODUCTION])))),
        ),
      },
    },
    verdict: 'allowed',
    findings: [],
  },
  {
    name: 'a variable under the old version of the language',
    source: `${IAM}/reference_policies_variables.html`,
    policy: {
      Version: '2008-10-17',
      Statement: allow({ StringEquals: { [AUD]: AUDIENCE, [SUB]: `\${${SUB}}` } }),
    },
    verdict: 'refused',
    findings: ['variables_need_version'],
  },
  {
    name: 'a resource in a trust policy',
    source: `${IAM}/reference_policies_elements_resource.html`,
    policy: policyOf(allow(exact(), { Resource: '*' })),
    verdict: 'invalid',
    findings: ['malformed_policy'],
  },
  {
    name: 'an action of another service',
    source: `${IAM}/reference_policies_elements_action.html`,
    policy: policyOf(allow(exact(), { Action: ['sts:AssumeRoleWithWebIdentity', 's3:GetObject'] })),
    verdict: 'invalid',
    findings: ['malformed_policy'],
  },
  {
    name: 'one Sid for two statements',
    source: `${IAM}/reference_policies_elements_sid.html`,
    policy: policyOf(allow(exact(), { Sid: 'Vercel' }), allow(exact(PREVIEW), { Sid: 'Vercel' })),
    verdict: 'invalid',
    findings: ['malformed_policy'],
  },
  {
    name: 'all but one principal',
    source: `${IAM}/reference_policies_elements_notprincipal.html`,
    policy: policyOf({
      Effect: 'Allow',
      NotPrincipal: { AWS: ACCOUNT },
      Action: 'sts:AssumeRoleWithWebIdentity',
    }),
    verdict: 'invalid',
    findings: ['malformed_policy', 'malformed_policy'],
  },
];
