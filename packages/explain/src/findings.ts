// The result of `explain`: plain data that survives JSON and a structured clone.

export type Cloud = 'aws' | 'gcp' | 'azure';

/**
 * `allowed`, `refused`: what the cloud does with this token while the token is valid. `undecided`: it depends on a value that
 * no input contains, such as a source address or a custom role. `invalid`: the cloud refuses to keep the policy.
 */
export type Verdict = 'allowed' | 'refused' | 'undecided' | 'invalid';

/** One condition of the policy, and the value of the token that it is compared with. */
export interface Check {
  /** Where in the policy: `Statement[0].Condition.StringEquals`, `attributeCondition`, `[1].subject`. */
  readonly at: string;
  /** What is compared: a condition key, `issuer`, `audience`. */
  readonly what: string;
  /** The value in the policy, as written. */
  readonly wanted: string;
  /** The value in the token; undefined if it has none, or if the value is not known offline. */
  readonly presented: string | undefined;
  readonly result: 'match' | 'mismatch' | 'unknown';
}

export interface Explanation {
  readonly cloud: Cloud;
  readonly verdict: Verdict;
  /** The error code that the cloud responds with if it refuses: `AccessDenied`, `invalid_grant`, `AADSTS700213`. */
  readonly answer: string | undefined;
  /** The verdict in one sentence. */
  readonly summary: string;
  readonly checks: readonly Check[];
  /** Errors first, then warnings, then notes. */
  readonly findings: readonly Finding[];
}

/** Everything that `explain` can find, with its severity and its fix. */

/** Why the cloud refuses. */
const ERRORS = {
  // Two texts that should be equal.
  case_differs: 'Write it in the same case as the token: the comparison is case-sensitive.',
  trailing_slash: 'Add or remove the slash at the end: the comparison is exact.',
  scheme_differs: 'Write the scheme exactly as the token has it.',
  surrounding_whitespace: 'Remove the white space or the quotes around the value.',
  placeholder_left: "Replace the guide's placeholder by the value of your team or project.",
  missing_colon: 'Put a colon after each of `owner`, `project` and `environment`, and between the parts.',
  issuer_mode:
    "Trust the issuer that the token has, or change the issuer mode in the project's settings at Vercel (Security).",
  issuer_differs: "Enter the token's `iss` as the issuer, character for character.",
  audience_as_issuer:
    'Enter https://oidc.vercel.com/{team} as the issuer; https://vercel.com/{team} is the audience.',
  discovery_url_as_issuer: 'Enter the issuer alone: the cloud adds /.well-known/openid-configuration itself.',
  issuer_as_audience:
    'Enter https://vercel.com/{team} as the audience; https://oidc.vercel.com/{team} is the issuer.',
  default_audience:
    'Enter the audience that the token has (https://vercel.com/{team}), or ask Vercel for a token of this audience with the option `audience`.',
  audience_differs: "Add the token's `aud` to the audiences that are accepted.",
  team_differs: "Write the slug of the token's team, or deploy from the team that is trusted.",
  project_differs: "Write the name of the token's project, or deploy the project that is trusted.",
  environment_differs:
    'Create a separate role, provider and service account, or application for this environment: in the same trust it would get the same rights.',
  id_instead_of_name: 'Write the slug of the team and the name of the project: the subject has no ids.',
  name_instead_of_id: 'Write the id, or compare the claim that holds the name: `owner` or `project`.',
  subject_of_another_issuer:
    'Write a subject of Vercel: owner:{team}:project:{project}:environment:{environment}.',
  subject_differs: "Write the token's `sub` as the subject, character for character.",
  value_differs: "Write the value that the token has, or change what the token's deployment is.",
  wildcard_not_supported: 'Write one entry for each exact value: this comparison has no wildcards.',
  // AWS.
  wildcard_in_string_equals: 'Use StringLike for values with `*` or `?`: StringEquals takes them literally.',
  pattern_differs: 'Change the pattern so that it covers the value that the token has.',
  wrong_key_prefix:
    "Begin the condition key with the token's issuer without https://, as in oidc.vercel.com/{team}:sub.",
  key_with_scheme: 'Take https:// out of the condition key: it begins with the host.',
  claim_has_no_key: 'Use `sub`, `aud` or the role itself: AWS makes no condition key of this claim.',
  unknown_condition_key: 'Remove the condition, or write a key that AWS fills in for this request.',
  conditions_are_anded:
    'Put alternatives into one list of values, or into statements of their own: keys and operators must all match.',
  provider_arn_mismatch: "Name the identity provider of the token's issuer in Principal.Federated.",
  provider_account_mismatch: "Name an identity provider of the role's own account in Principal.Federated.",
  provider_partition_mismatch:
    "Use the role's own partition (arn:aws, arn:aws-cn, arn:aws-us-gov) in Principal.Federated.",
  provider_arn_has_scheme:
    'Take https:// out of the ARN: it is arn:aws:iam::{account}:oidc-provider/oidc.vercel.com/{team}.',
  provider_not_arn:
    'Name the provider by its full ARN, arn:aws:iam::{account}:oidc-provider/oidc.vercel.com/{team}.',
  principal_not_federated: 'Use {"Federated": "arn:aws:iam::{account}:oidc-provider/…"} as the principal.',
  wrong_action: 'Allow sts:AssumeRoleWithWebIdentity: it is the action of a federated token.',
  explicit_deny: 'Narrow the Deny statement: a Deny that matches wins over every Allow.',
  no_allow_statement: 'Add a statement with the effect Allow.',
  variables_need_version: 'Set "Version": "2012-10-17": without it policy variables are plain text.',
  multivalued_key: 'Begin the operator with `ForAnyValue:`: a plain operator never matches this key.',
  identity_provider_issuer: "Create an identity provider for the token's issuer in the role's account.",
  identity_provider_audience: "Add the token's `aud` to the client ids of the identity provider.",
  // Roles of AWS that another role's session assumes.
  assume_role_missing:
    'Allow sts:AssumeRole in the trust policy: it is the action of a session of another role.',
  tag_session_missing:
    'Allow sts:TagSession as well, in each role that is assumed with session tags or inherits transitive ones.',
  set_source_identity_missing:
    'Allow sts:SetSourceIdentity as well, in each role from the one on that sets the source identity.',
  principal_not_role:
    'Name the role before it in the chain as the principal: {"AWS": "arn:aws:iam::{account}:role/{role}"}.',
  principal_role_differs: 'Add the ARN of the role before it in the chain to the principal.',
  external_id_differs: 'Pass the value that the policy has as the external id (`externalId`) of this role.',
  request_tag_differs:
    'Pass the tag with a value that the policy has in `tags` or `tagsFromClaims` of this role.',
  principal_tag_differs:
    'Set the tag on the session before: in the role before it, or in an earlier one with `transitiveTagKeys`.',
  transitive_tag_keys_differ: 'List in `transitiveTagKeys` of this role the keys that the policy has.',
  source_identity_differs:
    'Pass the value that the policy has as `sourceIdentity` of the first role that is assumed by a session.',
  session_policy_denies:
    'Allow the action on this role in the session policy of the role before it, or leave that session policy out.',
  tag_key_set_twice:
    'Remove one of the two: STS compares tag keys without regard to case, and refuses to set an inherited one again.',
  source_identity_set_twice:
    'Set it once, in the token or in the first role that a session assumes: STS keeps it for all later sessions.',
  request_refused:
    'Correct this option of the role: STS refuses the request, whatever the trust policy says.',
  session_claim_invalid:
    'Correct the claim at the issuer of the token, or leave it out: AWS refuses a token with such a claim.',
  role_not_authorized: 'Add the ARN of the role to this claim of the token, or leave the claim out.',
  // Google Cloud.
  provider_disabled:
    'Enable the provider: gcloud iam workload-identity-pools providers update-oidc … --no-disabled.',
  provider_deleted: 'Undelete the provider, or create it again under another id.',
  not_oidc_provider: 'Create a provider of the kind OIDC: Vercel has no SAML and no AWS identity.',
  allowed_audiences_empty:
    'Set --allowed-audiences to the `aud` of the token, or ask Vercel for a token of the default audience with the option `audience`.',
  no_such_claim: 'Correct the name: the token has no claim of this name.',
  attribute_not_mapped: 'Add the attribute to --attribute-mapping, or use one that is mapped.',
  condition_false: 'Change the condition so that it is true of the token.',
  condition_not_boolean: 'Write a condition that gives true or false: only true passes.',
  type_differs:
    "Compare a text by `==`, `startsWith` or `contains`, look in a list by `'value' in list`, and write numbers without quotes.",
  wildcard_in_cel:
    'Use startsWith or endsWith for a part of the text, or `matches` with `.*` for any letters.',
  cel_error: 'Correct the expression: an expression that fails is never true.',
  subject_too_long:
    'Map google.subject to something shorter than 128 bytes, such as assertion.project_id + "/" + assertion.environment.',
  attributes_too_large: 'Map fewer or shorter attributes: Google takes 16 KB for all of them together.',
  subject_not_mapped: 'Map google.subject to a claim that the token has; assertion.sub is the usual one.',
  attribute_not_text: 'Map attributes to texts (string(…) makes one), and google.groups to a list of texts.',
  no_binding: 'Grant roles/iam.workloadIdentityUser on the service account to the principal of this token.',
  wrong_role: 'Grant roles/iam.workloadIdentityUser: the role that is granted gives no access token.',
  principal_kind: 'Use principal://…/subject/… for one subject, and principalSet://…/attribute.… for many.',
  pool_differs: 'Name the pool of this provider in the member.',
  project_id_not_number: "Write the project's number in the member, not its id.",
  wildcard_in_member:
    "Write the attribute's whole value: a member has no wildcard but principalSet://…/{pool}/*.",
  one_attribute_per_member: 'Map one attribute that combines both values, and name that one in the member.',
  // Azure.
  no_credentials: 'Add a federated credential to the application or managed identity.',
  several_audiences: 'Ask for a token of one audience: Entra and AWS take no more.',
  issuer_and_subject_apart: 'Put issuer, subject and audience of the token into one and the same credential.',
  too_many_credentials: 'Keep 20 federated credentials at most; use a second identity for the rest.',
  flexible_credential:
    'Write a credential with `subject` for each value: Entra keeps expressions for GitHub, GitLab and Terraform Cloud alone.',
  flexible_claim:
    'Compare claims that Entra allows for the issuer: `sub`; for GitHub also `job_workflow_ref`, and `repository_id` or `repository_owner_id` with `eq`.',
  malformed_policy: 'Correct it: the cloud refuses this policy.',
  claim_missing: 'Pass an unchanged token of Vercel: each one has this claim.',
};

/** What the policy accepts beyond what it seems to, or what makes the verdict doubtful. */
const WARNINGS = {
  any_team: "Compare the token's owner: the global issuer signs for every team of Vercel.",
  any_project: 'Name the project: every project of the team is accepted.',
  project_pattern:
    'Name the project exactly, or keep its `:environment:` in the pattern: longer names are accepted too.',
  any_environment: 'Name the environment: previews of any branch are accepted too.',
  any_audience: "Compare the token's audience: a token that was issued for another service is accepted too.",
  any_principal: 'Name the identity provider as the principal, not `*`.',
  admits_absent_key:
    'Use the operator without ForAllValues and IfExists: they are true where the key is absent.',
  static_keys: 'Remove the uploaded JWKS: Vercel rotates its keys, and Google would not see the new ones.',
  duplicate_key: 'Remove one of the two: the last one counts here, and a cloud may refuse the policy.',
  policy_too_long:
    'Shorten the policy: without a raised quota IAM keeps 2,048 characters, white space not counted.',
  shared_issuer_control:
    'Add StringEquals oidc.vercel.com:aud = https://vercel.com/{team}: IAM makes and changes no role without it.',
  token_expired: 'Use a new token: this one has expired, so it is refused whatever the policy says.',
  token_not_yet_valid: 'Check the local clock: the token is not valid yet.',
  not_a_vercel_token:
    'Pass the token from x-vercel-oidc-token or VERCEL_OIDC_TOKEN: this one has another issuer.',
};

/** What was assumed. */
const NOTES = {
  refused_today:
    'Nothing has to be done: the cloud keeps an existing one, and refuses only to create a new one like it.',
  not_judged_offline: 'Look up the value in the logs of the cloud: no input contains it.',
  provider_assumed:
    'Pass the output of `aws iam get-open-id-connect-provider` as `identityProvider`, so that it is judged as well.',
  hop_not_judged:
    'Pass the output of `aws iam get-role` for this role in `hopPolicies`, so that it is judged as well.',
  caller_unknown: 'Pass `roleArn`, or the output of `aws iam get-role` in place of the trust policy alone.',
  caller_policy_assumed:
    'Check the policies of the role before it in the chain: they must allow the same actions on this role.',
  session_policy_not_judged:
    'Check the session policies of the role before it: they must allow the same actions on this role.',
  service_account_assumed:
    'Pass the output of `gcloud iam service-accounts get-iam-policy` as `serviceAccountPolicy`, so that it is judged as well.',
  ancestors_not_judged:
    'Pass the output of `gcloud projects get-ancestors-iam-policy PROJECT --format=json` as `projectPolicies`, or that of `gcloud projects get-iam-policy PROJECT --format=json` for the project alone.',
  propagation: 'If this policy was changed a moment ago, wait some minutes and try again.',
};

/** The stable name of a finding. */
export type FindingCode = keyof typeof ERRORS | keyof typeof WARNINGS | keyof typeof NOTES;

/** `error`: why the cloud refuses. `warning`: the policy accepts more than it seems to. `note`: what was assumed. */
export type Severity = 'error' | 'warning' | 'note';

/** Something that is wrong, too permissive or assumed. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly at: string;
  /** What was found, with the values. */
  readonly message: string;
  /** What to do, in one sentence. */
  readonly fix: string;
}

/** How much a finding matters, and what to do about it. */
export interface FindingEntry {
  readonly severity: Severity;
  readonly fix: string;
}

const entries = (severity: Severity, fixes: Readonly<Record<string, string>>): [string, FindingEntry][] =>
  Object.entries(fixes).map(([code, fix]) => [code, { severity, fix }]);

/** Severity and fix by code: errors, warnings, notes. */
export const FINDINGS: Readonly<Record<FindingCode, FindingEntry>> = Object.fromEntries([
  ...entries('error', ERRORS),
  ...entries('warning', WARNINGS),
  ...entries('note', NOTES),
]) as Record<FindingCode, FindingEntry>;

export function finding(code: FindingCode, at: string, message: string): Finding {
  const { severity, fix } = FINDINGS[code];
  return { code, severity, at, message, fix };
}

/** Findings at one place of the policy. */
export const findingsAt = (
  at: string,
  found: readonly { readonly code: FindingCode; readonly message: string }[],
): readonly Finding[] => found.map(({ code, message }) => finding(code, at, message));

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
