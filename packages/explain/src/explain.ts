import type { TokenClaims } from './claims.js';
import { explainAws } from './aws/explain-aws.js';
import { explainChain } from './aws/explain-chain.js';
import { readSessionPolicies } from './aws/session-policies.js';
import { readIdentityProvider } from './aws/identity-provider-controls.js';
import { explainAzure } from './azure/explain-azure.js';
import { explainGcp } from './gcp/explain-gcp.js';
import { teamOfIssuer } from './differences.js';
import {
  finding,
  sortedFindings,
  type Cloud,
  type Explanation,
  type Verdict,
  type Finding,
} from './findings.js';
import { isObject, listOf, member } from './json.js';
import type { JsonObject } from './json.js';
import { PolicyFileError } from './policy-file-error.js';
import { readPolicy } from './read-policy.js';
import { assertKind } from './recognise.js';

export interface ExplainInput {
  readonly cloud: Cloud;
  /**
   * What the cloud trusts, as JSON text of at most 1,048,576 characters. AWS: a trust policy or the output of `aws iam
   * get-role`. Google Cloud: the output of `gcloud iam workload-identity-pools providers describe --format=json`. Azure: the
   * output of `az ad app federated-credential list`, or an ARM template.
   */
  readonly policy: string;
  /** The decoded payload of the token. The signature is not checked. */
  readonly claims: TokenClaims;
  /**
   * Epoch milliseconds. Adds a warning if the token has expired or is not valid yet, and gives `aws:CurrentTime` a value.
   * Default: times are not compared.
   */
  readonly now?: number | undefined;
  /**
   * AWS: the ARN of the role; the identity provider must be in the same account. If `policy` names a
   * role, it must be this one. Default: the one in `policy`; if there is none, any account will do.
   */
  readonly roleArn?: string | undefined;
  /** AWS: the RoleSessionName of the request. Default: conditions on `sts:RoleSessionName` are undecided. */
  readonly roleSessionName?: string | undefined;
  /** AWS: the output of `aws iam get-open-id-connect-provider`. Default: it has the token's issuer and audience. */
  readonly identityProvider?: string | undefined;
  /**
   * AWS: the option `assumeRole` of @credex/aws, a list of roles as JSON text. Each role is judged against the session of the
   * role before it, with the tags and the source identity that the chain passes on. Default: the roles of `hopPolicies`,
   * without an external id, tags or a source identity.
   */
  readonly assumeRole?: string | undefined;
  /**
   * AWS: the session policy (`policy` of @credex/aws) of the session that the token is exchanged for, as JSON text. It is
   * judged where that session assumes the first role of `assumeRole`. Default: none.
   */
  readonly sessionPolicy?: string | undefined;
  /**
   * AWS: the managed session policies (`policyArns` of @credex/aws) of that session. Their documents are not read: where one
   * is given, whether the session may assume the first role of `assumeRole` is undecided. Default: none.
   */
  readonly sessionPolicyArns?: readonly string[] | undefined;
  /**
   * AWS: for each role of `assumeRole`, in its order, the output of `aws iam get-role`, or its trust policy. Default: these
   * roles are not judged, and the verdict is `undecided`.
   */
  readonly hopPolicies?: readonly string[] | undefined;
  /**
   * Google Cloud: the output of `gcloud iam service-accounts get-iam-policy --format=json`. Default: no service account is
   * judged.
   */
  readonly serviceAccountPolicy?: string | undefined;
  /**
   * Google Cloud: outputs of `gcloud projects get-ancestors-iam-policy --format=json`, or single allow policies of the
   * project, its folders and its organization, whose roles the service account inherits. Default: a role that the service
   * account's own policy does not give may be inherited, and the verdict is `undecided`.
   */
  readonly projectPolicies?: readonly string[] | undefined;
}

/**
 * Compares the claims of a token with what a cloud trusts, and says whether the cloud accepts the token and why. Pure,
 * synchronous and offline. The verdict is about issuer, audience, subject and conditions; the signature is not checked, and
 * an expired token is only a warning.
 *
 * The size and the depth of each text and of its CEL expressions are checked before anything is evaluated, and CEL has a
 * budget of steps. For a limit of time run it in a worker: `@credex/explain/worker`, `@credex/explain/worker-node`.
 *
 * @throws PolicyFileError for a text that is not a policy of this cloud, or that exceeds a limit
 * @example
 * const { verdict, findings } = explain({ cloud: 'aws', policy: '{"Version":"2012-10-17","Statement":[]}', claims });
 * if (verdict !== 'allowed') for (const { at, message, fix } of findings) console.log(at, message, fix);
 */
export function explain(input: ExplainInput): Explanation {
  const { cloud, claims } = input;
  const { value, duplicates } = readPolicy(input.policy, 'policy');
  const found = ofCloud(input, value);
  const missing = missingClaims(claims);
  const isRefused = missing.length > 0 && found.verdict !== 'invalid';
  const verdict: Verdict = isRefused ? 'refused' : found.verdict;
  return {
    cloud,
    verdict,
    answer: isRefused ? undefined : found.answer,
    summary: isRefused
      ? summaryOf(cloud, verdict, found.answer)
      : summaryOf(cloud, verdict, found.answer, found.role),
    checks: found.checks,
    findings: sortedFindings([
      ...missing,
      ...found.findings,
      ...tokenFindings(claims, input.now),
      ...duplicates.map((name) =>
        finding('duplicate_key', 'policy', `The member ${JSON.stringify(name)} occurs twice in one object.`),
      ),
      ...(verdict === 'refused'
        ? [finding('propagation', cloud, 'A change of a policy takes effect after seconds or minutes.')]
        : []),
    ]),
  };
}

interface Judged extends Omit<Explanation, 'cloud' | 'summary'> {
  /** In a chain: the role that decides the verdict, 0 for that of the token. */
  readonly role?: { readonly number: number } | undefined;
}

function ofCloud(input: ExplainInput, value: unknown): Judged {
  const { claims } = input;
  switch (input.cloud) {
    case 'aws': {
      const { roleArn, roleSessionName, now, sessionPolicy } = input;
      const facts = { roleArn, roleSessionName, now };
      const first = explainAws(value, claims, identityProviderOf(input), facts);
      const roles = rolesOf(input.assumeRole);
      const policies = (input.hopPolicies ?? []).map((one) => readPolicy(one, 'hopPolicies').value);
      const { policies: sessionPolicies, findings } = readSessionPolicies(
        sessionPolicy === undefined ? undefined : readPolicy(sessionPolicy, 'sessionPolicy').value,
        input.sessionPolicyArns ?? [],
        'session policy',
      );
      const chain = explainChain({ first: value, roles, policies, sessionPolicies, claims, facts });
      return joined([withRefusals(first, findings), ...chain]);
    }
    case 'gcp': {
      const { serviceAccountPolicy: text, projectPolicies = [] } = input;
      return explainGcp(value, claims, {
        serviceAccountPolicy: text === undefined ? undefined : readPolicy(text, 'serviceAccountPolicy').value,
        projectPolicies: projectPolicies.map((one) => readPolicy(one, 'projectPolicies').value),
      });
    }
    case 'azure':
      return explainAzure(value, claims);
  }
}

/** STS refuses the request for findings other than those of the policy. */
const withRefusals = (judged: Judged, refusals: readonly Finding[]): Judged =>
  refusals.length === 0 || judged.verdict === 'invalid'
    ? judged
    : { ...judged, verdict: 'refused', answer: undefined, findings: [...refusals, ...judged.findings] };

/** The option may be one role or a list of them. */
function rolesOf(text: string | undefined): readonly JsonObject[] {
  if (text === undefined) return [];
  const roles = listOf(readPolicy(text, 'assumeRole').value);
  if (
    roles.every((role): role is JsonObject => isObject(role) && typeof member(role, 'roleArn') === 'string')
  )
    return roles;
  throw new PolicyFileError('policy_not_recognised', 'assumeRole', '`assumeRole` is not a list of roles.', {
    hint: 'Expected is the option `assumeRole` as JSON: [{ "roleArn": "arn:aws:iam::123456789012:role/name" }].',
  });
}

const WORST: readonly Verdict[] = ['invalid', 'refused', 'undecided', 'allowed'];

/** The first of the worst results decides. */
function joined(all: readonly Judged[]): Judged {
  const worst = WORST.find((verdict) => all.some((one) => one.verdict === verdict)) ?? 'undecided';
  const index = all.findIndex(({ verdict }) => verdict === worst);
  const { verdict, answer } = all[index] as Judged;
  return {
    verdict,
    answer,
    role: all.length === 1 ? undefined : { number: index },
    checks: all.flatMap(({ checks }) => checks),
    findings: all.flatMap(({ findings }) => findings),
  };
}

function identityProviderOf({
  identityProvider,
}: ExplainInput): ReturnType<typeof readIdentityProvider> | undefined {
  if (identityProvider === undefined) return undefined;
  const { value } = readPolicy(identityProvider, 'identityProvider');
  assertKind(value, 'aws-identity-provider', 'identityProvider');
  return readIdentityProvider(value);
}

/** No cloud accepts a token without these, whatever its policy says. */
function missingClaims(claims: TokenClaims): readonly Finding[] {
  return (['iss', 'aud', 'sub', 'exp', 'iat'] as const)
    .filter((name) => claims[name] === undefined)
    .map((name) => finding('claim_missing', 'token', `The token has no claim \`${name}\`.`));
}

function* tokenFindings(claims: TokenClaims, now: number | undefined): Generator<Finding> {
  const { iss, exp, nbf } = claims;
  if (iss !== undefined && teamOfIssuer(iss) === undefined)
    yield finding('not_a_vercel_token', 'token', `The token's issuer is ${JSON.stringify(iss)}.`);
  if (now === undefined) return;
  if (exp !== undefined && exp * 1000 <= now)
    yield finding('token_expired', 'token', `The token expired ${minutes(now - exp * 1000)} ago.`);
  if (nbf !== undefined && nbf * 1000 > now)
    yield finding('token_not_yet_valid', 'token', `The token becomes valid in ${minutes(nbf * 1000 - now)}.`);
}

const minutes = (ms: number): string => `${Math.max(1, Math.round(ms / 60_000))} min`;

const NAMES: Readonly<Record<Cloud, string>> = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' };

function summaryOf(
  cloud: Cloud,
  verdict: Verdict,
  answer: string | undefined,
  role?: Judged['role'],
): string {
  const name = NAMES[cloud];
  const said = answer === undefined ? '' : ` (${answer})`;
  const hop = role === undefined || role.number === 0 ? undefined : `role ${role.number} of the chain`;
  switch (verdict) {
    case 'allowed':
      return `${name} accepts this token${role === undefined ? '' : ', and each role of the chain the one before it'}.`;
    case 'refused':
      return hop === undefined
        ? `${name} refuses this token${said}.`
        : `${name} refuses the session that assumes ${hop}${said}.`;
    case 'undecided':
      return `Whether ${name} accepts ${hop === undefined ? 'this token' : `the session that assumes ${hop}`} depends on a value that no input contains.`;
    case 'invalid':
      return `${name} would refuse to keep ${hop === undefined ? 'this policy' : `the policy of ${hop}`}${said}.`;
  }
}
