/** Why the identity provider or the trust policy refuses a token. */

import type { TokenClaims } from '../claims.js';
import { differences, rankOf } from '../differences.js';
import { finding, findingsAt, type Finding } from '../findings.js';
import { diagnoseCondition } from './diagnose-condition.js';
import type { JudgedStatement } from './evaluate.js';
import { ACTION, type AwsJudgement, type AwsTrust } from './judge-aws.js';
import { webIdentityAudiences, requestKeys, issuerHost, providerArn } from './request-keys.js';
import type { Statement } from './policy-document.js';
import { TAG_SESSION } from './session-tags.js';

// Why the principal of a statement is not the identity provider of the token.

function* diagnosePrincipal(
  { at, principals }: Statement,
  claims: TokenClaims,
  roleArn: string | undefined,
): Generator<Finding> {
  for (const { type, value } of principals)
    if (type === 'Federated') yield* diagnoseProvider(value, `${at}.Principal.Federated`, claims, roleArn);
    else
      yield finding(
        'principal_not_federated',
        `${at}.Principal.${type}`,
        type === 'AWS' && value === '*'
          ? '{"AWS": "*"} matches every principal of AWS; a federated token is not one of them.'
          : `${JSON.stringify(value)} is not an identity provider; a federated token matches no principal of the type ${type}.`,
      );
}

function* diagnoseProvider(
  value: string,
  at: string,
  claims: TokenClaims,
  roleArn: string | undefined,
): Generator<Finding> {
  const shown = JSON.stringify(value);
  const [, partition = '', account = '', kind = '', host = ''] =
    /^arn:([\w-]+):iam::(\d{12}):(oidc|saml)-provider\/(.+)$/.exec(value) ?? [];
  if (partition === '')
    return yield finding('provider_not_arn', at, `${shown} is not the ARN of an identity provider.`);
  if (/^https?:\/\//i.test(host))
    return yield finding('provider_arn_has_scheme', at, `There is a scheme inside the ARN ${shown}.`);
  if (kind === 'saml' || host !== issuerHost(claims)) yield ofHost(kind, host, at, claims, shown);
  const [, wantedPartition, , , wantedAccount] = (providerArn(claims, roleArn) ?? '').split(':');
  if (wantedPartition !== undefined && partition !== wantedPartition)
    yield finding(
      'provider_partition_mismatch',
      at,
      `The provider is of the partition ${partition}, the role of ${wantedPartition}.`,
    );
  if (wantedAccount !== undefined && account !== wantedAccount)
    yield finding(
      'provider_account_mismatch',
      at,
      `The provider is of the account ${account}, the role of ${wantedAccount}.`,
    );
}

const TELLING = new Set([
  'case_differs',
  'trailing_slash',
  'issuer_mode',
  'team_differs',
  'placeholder_left',
  'audience_as_issuer',
]);

function ofHost(kind: string, host: string, at: string, claims: TokenClaims, shown: string): Finding {
  const [difference] =
    kind === 'oidc' ? differences('issuer', `https://${host}`, claims.iss ?? '', claims) : [];
  if (difference !== undefined && TELLING.has(difference.code))
    return finding(difference.code, at, difference.message);
  return finding(
    'provider_arn_mismatch',
    at,
    `${shown} is not the provider of the token's issuer ${JSON.stringify(claims.iss ?? '')}.`,
  );
}

export function* providerFindings(
  { identityProvider }: AwsTrust,
  judgement: AwsJudgement,
  claims: TokenClaims,
): Generator<Finding> {
  const audiences = webIdentityAudiences(claims);
  if (judgement.isAudienceOpen)
    yield finding(
      'several_audiences',
      'token.aud',
      `The token has the audiences ${quoted(audiences)} and no \`azp\`, so AWS cannot tell which one is meant.`,
    );
  if (identityProvider === undefined) return;
  const at = 'identity provider';
  const { issuer, clientIds } = identityProvider;
  if (!judgement.isIssuerKnown) {
    yield* findingsAt(at, differences('issuer', issuer, claims.iss ?? '', claims));
    yield finding(
      'identity_provider_issuer',
      at,
      `The identity provider is of ${JSON.stringify(issuer)}; for this token AWS looks for one of ${JSON.stringify(claims.iss ?? '')}.`,
    );
  }
  if (!judgement.isAudienceKnown) {
    const [presented = ''] = audiences;
    for (const wanted of clientIds.slice(0, 1))
      yield* findingsAt(`${at}.ClientIDList`, differences('audience', wanted, presented, claims));
    yield finding(
      'identity_provider_audience',
      `${at}.ClientIDList`,
      `The identity provider takes ${quoted(clientIds) || 'no audience'}; the token has ${JSON.stringify(presented)}.`,
    );
  }
}

const quoted = (texts: readonly string[]): string => texts.map((one) => JSON.stringify(one)).join(', ');

export function* policyFindings(
  trust: AwsTrust,
  { statements, isTrusted, ofSession }: AwsJudgement,
  claims: TokenClaims,
): Generator<Finding> {
  for (const [action, effect] of ofSession)
    if (effect === 'undecided')
      yield finding(
        'not_judged_offline',
        'Statement',
        `No input decides whether a statement allows ${action}.`,
      );
    else if (effect !== 'allow')
      yield finding(
        action === TAG_SESSION ? 'tag_session_missing' : 'set_source_identity_missing',
        'Statement',
        `The token asks for a session with ${action === TAG_SESSION ? 'tags' : 'a source identity'}, and ${effect === 'explicit-deny' ? 'a statement denies' : 'no statement allows'} ${action}.`,
      );
  if (isTrusted === true) return;
  const denies = statements.filter(({ statement }) => statement.effect === 'Deny');
  for (const { statement, applies } of denies)
    if (applies === true)
      yield finding(
        'explicit_deny',
        statement.at,
        'This Deny statement matches the token, and wins over every Allow.',
      );
  const failing = statements
    .filter(
      ({ statement, applies }) => applies !== true && (statement.effect === 'Allow' || applies === undefined),
    )
    .map((judged) => ({ distance: distanceOf(judged), findings: [...whyNot(judged, trust, claims)] }))
    .sort(
      (one, other) => one.distance - other.distance || closeness(one.findings) - closeness(other.findings),
    );
  yield* failing.flatMap(({ findings }) => findings);
  if (denies.length === statements.length)
    yield finding('no_allow_statement', 'Statement', 'No statement allows anything.');
}

/** How far a statement is from accepting the token: another caller or action is further than any condition. */
const distanceOf = ({ isCaller, isAction, conditions }: JudgedStatement): number =>
  (isCaller === false ? 100 : 0) +
  (isAction ? 0 : 100) +
  conditions.filter(({ holds }) => holds === false).length;

const closeness = (findings: readonly Finding[]): number => rankOf(findings.map(({ code }) => code));

function* whyNot(
  { statement, isCaller, isAction, conditions }: JudgedStatement,
  { policy: { hasVariables }, facts }: AwsTrust,
  claims: TokenClaims,
): Generator<Finding> {
  const keys = requestKeys(claims, facts);
  const heldKeys = conditions
    .filter(({ holds }) => holds === true)
    .map(({ condition }) => condition.key.toLowerCase());
  if (isCaller === false) yield* diagnosePrincipal(statement, claims, facts.roleArn);
  if (isCaller === undefined)
    for (const { isComputed, value } of statement.principals)
      if (isComputed === true) yield computedLater(`${statement.at}.Principal`, value);
  if (!isAction)
    yield finding(
      'wrong_action',
      `${statement.at}.Action`,
      `The statement is about ${statement.actions.patterns.join(', ')}; a federated token asks for ${ACTION}.`,
    );
  for (const { condition, holds } of conditions) {
    const { key, operator, computed } = condition;
    const at = `${condition.at}["${key}"]`;
    if (holds === true) continue;
    if (holds === false) yield* diagnoseCondition({ condition, presented: keys(key), claims, hasVariables });
    else if (computed.length > 0) yield* computed.map((value) => computedLater(at, value));
    else
      yield finding(
        'not_judged_offline',
        at,
        `No input decides whether ${operator.name} holds for \`${key}\`.`,
      );
    if (heldKeys.includes(key.toLowerCase()))
      yield finding(
        'conditions_are_anded',
        condition.at,
        `\`${key}\` is compared by two operators, and both must hold.`,
      );
  }
}

const computedLater = (at: string, value: string): Finding =>
  finding('not_judged_offline', at, `The template computes ${value} when it is deployed.`);
