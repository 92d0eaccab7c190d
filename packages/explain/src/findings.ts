/** Everything that `explain` can find, with its weight and its fix: the table of the README. */

import type { Finding, Severity } from './explanation.js';
import type { FindingCode } from './finding-codes.js';

/** How much a finding matters, and what to do about it. */
export interface FindingEntry {
  readonly severity: Severity;
  readonly fix: string;
}

const error = (fix: string): FindingEntry => ({ severity: 'error', fix });
const warning = (fix: string): FindingEntry => ({ severity: 'warning', fix });
const note = (fix: string): FindingEntry => ({ severity: 'note', fix });

export const FINDINGS: Readonly<Record<FindingCode, FindingEntry>> = {
  // Two texts that should be equal.
  case_differs: error('Write it in the same case as the token: the comparison is case-sensitive.'),
  trailing_slash: error('Take the slash at the end away, or add it: the comparison is exact.'),
  scheme_differs: error('Write the scheme exactly as the token has it.'),
  surrounding_whitespace: error('Remove the white space or the quotes around the value.'),
  placeholder_left: error("Replace the guide's placeholder by the value of your team or project."),
  missing_colon: error(
    'Put a colon after each of `owner`, `project` and `environment`, and between the parts.',
  ),
  issuer_mode: error(
    "Trust the issuer that the token has, or change the issuer mode in the project's settings at Vercel (Security).",
  ),
  issuer_differs: error("Enter the token's `iss` as the issuer, character for character."),
  audience_as_issuer: error(
    'Enter https://oidc.vercel.com/{team} as the issuer; https://vercel.com/{team} is the audience.',
  ),
  discovery_url_as_issuer: error(
    'Enter the issuer alone: the cloud adds /.well-known/openid-configuration itself.',
  ),
  issuer_as_audience: error(
    'Enter https://vercel.com/{team} as the audience; https://oidc.vercel.com/{team} is the issuer.',
  ),
  default_audience: error(
    'Enter the audience that the token has (https://vercel.com/{team}), or ask Vercel for a token of this audience with the option `audience`.',
  ),
  audience_differs: error("Add the token's `aud` to the audiences that are accepted."),
  team_differs: error("Write the slug of the token's team, or deploy from the team that is trusted."),
  project_differs: error("Write the name of the token's project, or deploy the project that is trusted."),
  environment_differs: error(
    'Trust this environment as well, with a value, a statement or a credential of its own.',
  ),
  id_instead_of_name: error(
    'Write the slug of the team and the name of the project: the subject holds no ids.',
  ),
  name_instead_of_id: error('Write the id, or compare the claim that holds the name: `owner` or `project`.'),
  subject_of_another_issuer: error(
    'Write a subject of Vercel: owner:{team}:project:{project}:environment:{environment}.',
  ),
  subject_differs: error("Write the token's `sub` as the subject, character for character."),
  value_differs: error("Write the value that the token has, or change what the token's deployment is."),
  wildcard_not_supported: error('Write one entry for each exact value: this comparison knows no wildcards.'),

  // AWS.
  wildcard_in_string_equals: error(
    'Use StringLike for values with `*` or `?`: StringEquals takes them literally.',
  ),
  pattern_differs: error('Change the pattern so that it covers the value that the token has.'),
  wrong_key_prefix: error(
    "Begin the condition key with the token's issuer without https://, as in oidc.vercel.com/{team}:sub.",
  ),
  key_with_scheme: error('Take https:// out of the condition key: it begins with the host.'),
  claim_has_no_key: error('Use `sub`, `aud` or the role itself: AWS makes no condition key of this claim.'),
  unknown_condition_key: error('Remove the condition, or write a key that AWS fills in for web identities.'),
  conditions_are_anded: error(
    'Put alternatives into one list of values, or into statements of their own: keys and operators must all match.',
  ),
  provider_arn_mismatch: error("Name the identity provider of the token's issuer in Principal.Federated."),
  provider_account_mismatch: error(
    "Name an identity provider of the role's own account in Principal.Federated.",
  ),
  provider_partition_mismatch: error(
    "Use the role's own partition (arn:aws, arn:aws-cn, arn:aws-us-gov) in Principal.Federated.",
  ),
  provider_arn_has_scheme: error(
    'Take https:// out of the ARN: it is arn:aws:iam::{account}:oidc-provider/oidc.vercel.com/{team}.',
  ),
  provider_not_arn: error(
    'Name the provider by its full ARN, arn:aws:iam::{account}:oidc-provider/oidc.vercel.com/{team}.',
  ),
  principal_not_federated: error(
    'Use {"Federated": "arn:aws:iam::{account}:oidc-provider/…"} as the principal.',
  ),
  wrong_action: error('Allow sts:AssumeRoleWithWebIdentity: it is the action of a federated token.'),
  explicit_deny: error('Narrow the Deny statement: a Deny that matches wins over every Allow.'),
  no_allow_statement: error('Add a statement with the effect Allow.'),
  variables_need_version: error('Set "Version": "2012-10-17": without it policy variables are plain text.'),
  multivalued_key: error('Begin the operator with `ForAnyValue:`: a plain operator never matches this key.'),
  identity_provider_issuer: error(
    "Create an identity provider for the token's issuer in the role's account.",
  ),
  identity_provider_audience: error("Add the token's `aud` to the client ids of the identity provider."),

  // Google Cloud.
  provider_disabled: error(
    'Enable the provider: gcloud iam workload-identity-pools providers update-oidc … --no-disabled.',
  ),
  provider_deleted: error('Undelete the provider, or create it again under another id.'),
  not_oidc_provider: error('Create a provider of the kind OIDC: Vercel has no SAML and no AWS identity.'),
  allowed_audiences_empty: error(
    'Set --allowed-audiences to the `aud` of the token, or ask Vercel for a token of the default audience with the option `audience`.',
  ),
  no_such_claim: error('Correct the name: the token has no claim of this name.'),
  attribute_not_mapped: error('Add the attribute to --attribute-mapping, or use one that is mapped.'),
  condition_false: error('Change the condition so that it is true of the token.'),
  condition_not_boolean: error('Write a condition that is true or false: nothing but true passes.'),
  type_differs: error(
    "Compare a text by `==`, `startsWith` or `contains`, look in a list by `'value' in list`, and write numbers without quotes.",
  ),
  wildcard_in_cel: error(
    'Use startsWith or endsWith for a part of the text, or `matches` with `.*` for any letters.',
  ),
  cel_error: error('Correct the expression: one that ends with an error is never true.'),
  subject_too_long: error(
    'Map google.subject to something shorter than 128 bytes, such as assertion.project_id + "/" + assertion.environment.',
  ),
  attributes_too_large: error(
    'Map fewer or shorter attributes: Google takes 16 KB for all of them together.',
  ),
  subject_not_mapped: error(
    'Map google.subject to a claim that the token has; assertion.sub is the usual one.',
  ),
  attribute_not_text: error(
    'Map attributes to texts (string(…) makes one), and google.groups to a list of texts.',
  ),
  no_binding: error(
    'Grant roles/iam.workloadIdentityUser on the service account to the principal of this token.',
  ),
  wrong_role: error('Grant roles/iam.workloadIdentityUser: the role at hand gives no access token.'),
  principal_kind: error(
    'Use principal://…/subject/… for one subject, and principalSet://…/attribute.… for many.',
  ),
  pool_differs: error('Name the pool of this provider in the member.'),
  project_id_not_number: error("Write the project's number in the member, not its id."),
  wildcard_in_member: error(
    "Write the attribute's whole value: a member has no wildcard but principalSet://…/{pool}/*.",
  ),
  one_attribute_per_member: error(
    'Map one attribute that combines both values, and name that one in the member.',
  ),

  // Azure.
  no_credentials: error('Add a federated credential to the application or managed identity.'),
  several_audiences: error('Ask for a token of one audience: Entra and AWS take no more.'),
  issuer_and_subject_apart: error(
    'Put issuer, subject and audience of the token into one and the same credential.',
  ),
  too_many_credentials: error('Keep 20 federated credentials at most; use a second identity for the rest.'),
  flexible_credential: error(
    'Write a credential with `subject` for each value: Entra keeps expressions for GitHub, GitLab and Terraform Cloud alone.',
  ),
  flexible_claim: error(
    'Compare claims that Entra allows for the issuer: `sub`; for GitHub also `job_workflow_ref`, and `repository_id` or `repository_owner_id` with `eq`.',
  ),

  // Too much is let in.
  any_team: warning("Ask for the token's owner: the global issuer signs for every team of Vercel."),
  any_project: warning('Name the project: every project of the team gets in, whoever may deploy it.'),
  project_pattern: warning(
    'Name the project exactly, or keep its `:environment:` in the pattern: a longer name gets in too.',
  ),
  any_environment: warning('Name the environment: previews of any branch get in as well.'),
  any_audience: warning("Ask for the token's audience: a token made for another service gets in too."),
  any_principal: warning('Name the identity provider as the principal, not `*`.'),
  admits_absent_key: warning(
    'Use the operator without ForAllValues and IfExists: they are true where the key is absent.',
  ),
  static_keys: warning(
    'Remove the uploaded JWKS: Vercel rotates its keys, and Google would not see the new ones.',
  ),

  // Worth knowing.
  malformed_policy: error('Correct it: the cloud refuses to keep this.'),
  refused_today: note(
    'Nothing has to be done: the cloud keeps what it has, and refuses this only for new ones.',
  ),
  duplicate_key: warning('Remove one of the two: the last one counts here, and a cloud may refuse both.'),
  policy_too_long: warning(
    'Shorten the policy: without a raised quota IAM keeps 2,048 characters, white space not counted.',
  ),
  shared_issuer_control: warning(
    'Add StringEquals oidc.vercel.com:aud = https://vercel.com/{team}: IAM makes and changes no role without it.',
  ),
  not_judged_offline: note('Find out the value in the logs of the cloud: no file at hand says it.'),
  provider_assumed: note(
    'Pass the output of `aws iam get-open-id-connect-provider` as `identityProvider`, so that it is judged as well.',
  ),
  service_account_assumed: note(
    'Pass the output of `gcloud iam service-accounts get-iam-policy` as `serviceAccountPolicy`, so that it is judged as well.',
  ),
  ancestors_not_judged: note(
    'Pass the output of `gcloud projects get-ancestors-iam-policy PROJECT --format=json` as `projectPolicies`, or that of `gcloud projects get-iam-policy PROJECT --format=json` for the project alone.',
  ),
  propagation: note('Where this policy was changed a moment ago, wait some minutes before you judge by it.'),
  token_expired: warning('Use a fresh token: this one is refused for its age, whatever the policy says.'),
  token_not_yet_valid: warning('Check the clock of this machine: the token begins later.'),
  claim_missing: error('Pass a token of Vercel as it is: every one has this claim.'),
  not_a_vercel_token: warning(
    'Pass the token from x-vercel-oidc-token or VERCEL_OIDC_TOKEN: this one has another issuer.',
  ),
};

export function finding(code: FindingCode, at: string, message: string, severity?: Severity): Finding {
  return { code, severity: severity ?? FINDINGS[code].severity, at, message, fix: FINDINGS[code].fix };
}

const WEIGHT: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Errors first, in the order in which they were found; the same thing at the same place once. */
export function sortedFindings(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings
    .filter(({ code, at, message }) => {
      const key = JSON.stringify([code, at, message]);
      return !seen.has(key) && seen.add(key) !== undefined;
    })
    .sort((one, other) => WEIGHT[one.severity] - WEIGHT[other.severity]);
}
