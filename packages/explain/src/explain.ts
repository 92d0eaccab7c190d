import type { TokenClaims } from './claims.js';
import { explainAws } from './aws/explain-aws.js';
import { readIdentityProvider } from './aws/identity-provider.js';
import { explainAzure } from './azure/explain-azure.js';
import { explainGcp } from './gcp/explain-gcp.js';
import { teamOfIssuer } from './differences.js';
import type { Cloud, Explanation, Finding, Verdict } from './explanation.js';
import { finding, sortedFindings } from './findings.js';
import { readPolicy } from './read-policy.js';
import { assertKind } from './recognise.js';

export interface ExplainInput {
  readonly cloud: Cloud;
  /**
   * The text of the file: AWS, a trust policy or what `aws iam get-role` prints; Google Cloud, what `gcloud iam
   * workload-identity-pools providers describe --format=json` prints; Azure, what `az ad app federated-credential list`
   * prints.
   */
  readonly policy: string;
  /** The claims of the subject token, as decoded; no signature is asked for. */
  readonly claims: TokenClaims;
  /** Epoch milliseconds: whether the token is good at this moment. Left out: times are not judged. */
  readonly now?: number | undefined;
  /** AWS: the role's ARN, where `policy` doesn't have it; its account must be that of the identity provider. */
  readonly roleArn?: string | undefined;
  /** AWS: the RoleSessionName of the request, for conditions on `sts:RoleSessionName`. */
  readonly roleSessionName?: string | undefined;
  /** AWS: the text of what `aws iam get-open-id-connect-provider` prints. */
  readonly identityProvider?: string | undefined;
  /** Google Cloud: the text of what `gcloud iam service-accounts get-iam-policy --format=json` prints. */
  readonly serviceAccountPolicy?: string | undefined;
  /**
   * Google Cloud: texts of what `gcloud projects get-ancestors-iam-policy --format=json` prints, or of single allow
   * policies of the project, its folders and its organization. Left out, a role that the service account's own policy
   * doesn't give may still be given there, and the verdict is `undecided`.
   */
  readonly projectPolicies?: readonly string[] | undefined;
}

/**
 * Holds what a cloud trusts against a token's claims: each condition beside the value presented, the verdict, and what
 * is wrong in words. Pure and offline. The verdict is about issuer, audience, subject and conditions; signature and
 * times are the cloud's to judge, and a token that has ended is a warning.
 *
 * @throws PolicyFileError where a file is no policy of this cloud
 * @example
 * const { verdict, findings } = await explain({ cloud: 'aws', policy: await readFile('trust.json', 'utf8'), claims });
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
        finding('duplicate_key', 'policy', `The member ${JSON.stringify(name)} stands twice in one object.`),
      ),
      ...(verdict === 'refused'
        ? [finding('propagation', cloud, 'Changes reach a cloud within seconds or minutes, not at once.')]
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

/** Without these no cloud takes a token, whatever its policy says. */
function missingClaims(claims: TokenClaims): readonly Finding[] {
  return (['iss', 'aud', 'sub', 'exp', 'iat'] as const)
    .filter((name) => claims[name] === undefined)
    .map((name) => finding('claim_missing', 'token', `The token has no claim \`${name}\`.`));
}

function tokenFindings(claims: TokenClaims, now: number | undefined): readonly Finding[] {
  const found: Finding[] = [];
  if (claims.iss !== undefined && teamOfIssuer(claims.iss) === undefined)
    found.push(
      finding('not_a_vercel_token', 'token', `The token's issuer is ${JSON.stringify(claims.iss)}.`),
    );
  if (now === undefined) return found;
  const { exp, nbf } = claims;
  if (exp !== undefined && exp * 1000 <= now)
    found.push(finding('token_expired', 'token', `The token ended ${minutes(now - exp * 1000)} ago.`));
  if (nbf !== undefined && nbf * 1000 > now)
    found.push(finding('token_not_yet_valid', 'token', `The token begins in ${minutes(nbf * 1000 - now)}.`));
  return found;
}

const minutes = (ms: number): string => `${Math.max(1, Math.round(ms / 60_000))} min`;

const NAMES: Readonly<Record<Cloud, string>> = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' };

function summaryOf(cloud: Cloud, verdict: Verdict, answer: string | undefined): string {
  const name = NAMES[cloud];
  switch (verdict) {
    case 'allowed':
      return `${name} lets this token in.`;
    case 'refused':
      return `${name} refuses this token${answer === undefined ? '' : ` (${answer})`}.`;
    case 'undecided':
      return `Whether ${name} lets this token in depends on what no file here says.`;
    case 'invalid':
      return `${name} would not keep this policy${answer === undefined ? '' : ` (${answer})`}.`;
  }
}
