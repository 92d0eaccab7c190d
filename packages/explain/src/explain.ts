import type { TokenClaims } from './claims.js';
import { explainAws } from './aws/explain-aws.js';
import { readIdentityProvider } from './aws/identity-provider.js';
import { explainAzure } from './azure/explain-azure.js';
import { explainGcp } from './gcp/explain-gcp.js';
import { teamOfIssuer } from './differences.js';
import type { Cloud, Explanation, Verdict } from './explanation.js';
import { finding, sortedFindings, type Finding } from './findings.js';
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
   * AWS: the ARN of the role; the identity provider must be in the same account. Default: the one in `policy`; if there is
   * none, any account will do.
   */
  readonly roleArn?: string | undefined;
  /** AWS: the RoleSessionName of the request. Default: conditions on `sts:RoleSessionName` are undecided. */
  readonly roleSessionName?: string | undefined;
  /** AWS: the output of `aws iam get-open-id-connect-provider`. Default: it has the token's issuer and audience. */
  readonly identityProvider?: string | undefined;
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
    summary: summaryOf(cloud, verdict, found.answer),
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

function ofCloud(input: ExplainInput, value: unknown): Omit<Explanation, 'cloud' | 'summary'> {
  const { claims } = input;
  switch (input.cloud) {
    case 'aws':
      return explainAws(value, claims, identityProviderOf(input), {
        roleArn: input.roleArn,
        roleSessionName: input.roleSessionName,
        now: input.now,
      });
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

function summaryOf(cloud: Cloud, verdict: Verdict, answer: string | undefined): string {
  const name = NAMES[cloud];
  switch (verdict) {
    case 'allowed':
      return `${name} accepts this token.`;
    case 'refused':
      return `${name} refuses this token${answer === undefined ? '' : ` (${answer})`}.`;
    case 'undecided':
      return `Whether ${name} accepts this token depends on a value that no input contains.`;
    case 'invalid':
      return `${name} would refuse to keep this policy${answer === undefined ? '' : ` (${answer})`}.`;
  }
}
