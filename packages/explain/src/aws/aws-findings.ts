/** Why the identity provider or the trust policy refuses a token. */

import type { TokenClaims } from '../claims.js';
import { differences, rankOf } from '../differences.js';
import { finding, oneFinding } from '../findings.js';
import type { Finding } from '../findings.js';
import { diagnoseCondition } from './diagnose-condition.js';
import { diagnosePrincipal } from './diagnose-principal.js';
import { ACTION } from './judge-aws.js';
import type { JudgedStatement } from './evaluate.js';
import type { AwsJudgement, AwsTrust } from './judge-aws.js';
import { webIdentityAudiences, requestKeys } from './request-keys.js';

export function providerFindings(
  { identityProvider }: AwsTrust,
  judgement: AwsJudgement,
  claims: TokenClaims,
): readonly Finding[] {
  const found: Finding[] = [];
  if (judgement.isAudienceOpen)
    found.push(
      finding(
        'several_audiences',
        'token.aud',
        `The token has the audiences ${webIdentityAudiences(claims)
          .map((one) => JSON.stringify(one))
          .join(', ')} and no \`azp\`, so AWS cannot tell which one is meant.`,
      ),
    );
  if (identityProvider === undefined) return found;
  const at = 'identity provider';
  if (!judgement.isIssuerKnown) {
    found.push(
      ...differences('issuer', identityProvider.issuer, claims.iss ?? '', claims).map(({ code, message }) =>
        finding(code, at, message),
      ),
      finding(
        'identity_provider_issuer',
        at,
        `The identity provider is of ${JSON.stringify(identityProvider.issuer)}; for this token AWS looks for one of ${JSON.stringify(claims.iss ?? '')}.`,
      ),
    );
  }
  if (!judgement.isAudienceKnown) {
    const presented = webIdentityAudiences(claims)[0] ?? '';
    found.push(
      ...identityProvider.clientIds
        .slice(0, 1)
        .flatMap((wanted) => differences('audience', wanted, presented, claims))
        .map(({ code, message }) => finding(code, `${at}.ClientIDList`, message)),
      finding(
        'identity_provider_audience',
        `${at}.ClientIDList`,
        `The identity provider takes ${identityProvider.clientIds.map((one) => JSON.stringify(one)).join(', ') || 'no audience'}; the token has ${JSON.stringify(presented)}.`,
      ),
    );
  }
  return found;
}

export function policyFindings(
  trust: AwsTrust,
  { statements }: AwsJudgement,
  claims: TokenClaims,
): readonly Finding[] {
  const denying = statements.filter(
    ({ statement, applies }) => statement.effect === 'Deny' && applies === true,
  );
  const failing = statements
    .filter(
      ({ statement, applies }) => applies !== true && (statement.effect === 'Allow' || applies === undefined),
    )
    .map((judged) => ({ distance: distanceOf(judged), findings: whyNot(judged, trust, claims) }))
    .sort(
      (one, other) => one.distance - other.distance || closeness(one.findings) - closeness(other.findings),
    );
  const found: Finding[] = [
    ...denying.map(({ statement }) =>
      finding(
        'explicit_deny',
        statement.at,
        'This Deny statement matches the token, and wins over every Allow.',
      ),
    ),
    ...failing.flatMap(({ findings }) => findings),
  ];
  if (!statements.some(({ statement }) => statement.effect === 'Allow'))
    found.push(finding('no_allow_statement', 'Statement', 'No statement allows anything.'));
  return found;
}

/** How far a statement is from accepting the token: another caller or action is further than any condition. */
const distanceOf = ({ isCaller, isAction, conditions }: JudgedStatement): number =>
  (isCaller === false ? 100 : 0) +
  (isAction ? 0 : 100) +
  conditions.filter(({ holds }) => holds === false).length;

const closeness = (findings: readonly Finding[]): number => rankOf(findings.map(({ code }) => code));

function whyNot(
  { statement, isCaller, isAction, conditions }: JudgedStatement,
  { policy, facts }: AwsTrust,
  claims: TokenClaims,
): readonly Finding[] {
  const keys = requestKeys(claims, facts);
  const failing = conditions.filter(({ holds }) => holds !== true);
  const heldKeys = conditions
    .filter(({ holds }) => holds === true)
    .map(({ condition }) => condition.key.toLowerCase());
  return [
    ...(isCaller === false ? diagnosePrincipal(statement, claims, facts.roleArn) : []),
    ...(isCaller === undefined
      ? statement.principals
          .filter(({ isComputed }) => isComputed)
          .map(({ value }) => computedLater(`${statement.at}.Principal`, value))
      : []),
    ...(isAction
      ? []
      : oneFinding(
          'wrong_action',
          `${statement.at}.Action`,
          `The statement is about ${statement.actions.patterns.join(', ')}; a federated token asks for ${ACTION}.`,
        )),
    ...failing.flatMap(({ condition, holds }) => [
      ...(holds === undefined && condition.computed.length > 0
        ? condition.computed.map((value) => computedLater(`${condition.at}["${condition.key}"]`, value))
        : []),
      ...(holds === undefined && condition.computed.length === 0
        ? oneFinding(
            'not_judged_offline',
            `${condition.at}["${condition.key}"]`,
            `No input decides whether ${condition.operator.name} holds for \`${condition.key}\`.`,
          )
        : holds === undefined
          ? []
          : diagnoseCondition({
              condition,
              presented: keys(condition.key),
              claims,
              hasVariables: policy.hasVariables,
            })),
      ...(heldKeys.includes(condition.key.toLowerCase())
        ? oneFinding(
            'conditions_are_anded',
            condition.at,
            `\`${condition.key}\` is compared by two operators, and both must hold.`,
          )
        : []),
    ]),
  ];
}

const computedLater = (at: string, value: string): Finding =>
  finding('not_judged_offline', at, `The template computes ${value} when it is deployed.`);
