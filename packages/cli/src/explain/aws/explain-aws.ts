/** `explain` for AWS: a role's trust policy against a token. */

import type { SubjectClaims } from '@credex/core';
import { differences } from '../differences.js';
import type { Check, Explanation, Finding } from '../explanation.js';
import { finding } from '../findings.js';
import { isObject } from '../json.js';
import { permissiveFindings } from '../permissive.js';
import { assertKind, onlyOne } from '../recognise.js';
import { resultOf } from '../truth.js';
import { diagnoseCondition } from './diagnose-condition.js';
import { diagnosePrincipal } from './diagnose-principal.js';
import type { IdentityProvider } from './identity-provider.js';
import { ACTION, isPrincipal, judgeAws } from './judge-aws.js';
import type { AwsJudgement, AwsTrust, JudgedStatement } from './judge-aws.js';
import { audiencesOf, providerArn, requestKeys } from './request-keys.js';
import type { RequestFacts } from './request-keys.js';
import { readTrustPolicy, unwrapRole } from './trust-policy.js';

/** IAM's quota for a trust policy where nobody asked for more. */
const USUAL_LENGTH = 2048;

export function explainAws(
  value: unknown,
  claims: SubjectClaims,
  identityProvider: IdentityProvider | undefined,
  given: RequestFacts,
): Omit<Explanation, 'cloud' | 'summary'> {
  assertKind(value, 'aws', '--policy');
  const only = onlyOne(value, 'aws', '--policy');
  const { document, roleArn } = unwrapRole(isObject(only) ? only : {});
  const policy = readTrustPolicy(isObject(document) ? document : {});
  const facts = { ...given, roleArn: given.roleArn ?? roleArn };
  const trust: AwsTrust = { policy, identityProvider, facts };
  const judgement = judgeAws(trust, claims);
  const checks = [
    ...providerChecks(identityProvider, claims, judgement),
    ...judgement.statements.flatMap((one) => statementChecks(one, trust, claims)),
  ];
  if (policy.problems.length > 0) {
    const findings = policy.problems.map(({ at, message }) => finding('malformed_policy', at, message));
    return { verdict: 'invalid', answer: 'MalformedPolicyDocument', checks, findings };
  }
  const notes = notesOf(trust, judgement, claims);
  const { allowed } = judgement;
  if (allowed === true) {
    const isLetIn = (other: SubjectClaims): boolean => judgeAws(trust, other).allowed === true;
    return {
      verdict: 'allowed',
      answer: undefined,
      checks,
      findings: [...permissiveFindings(claims, 'Statement', isLetIn), ...notes],
    };
  }
  const isOfProvider = !judgement.isIssuerKnown || !judgement.isAudienceKnown;
  return {
    verdict: allowed === undefined ? 'undecided' : 'refused',
    answer: allowed === undefined ? undefined : isOfProvider ? 'InvalidIdentityToken' : 'AccessDenied',
    checks,
    findings: [
      ...providerFindings(trust, judgement, claims),
      ...policyFindings(trust, judgement, claims),
      ...notes,
    ],
  };
}

function providerChecks(
  provider: IdentityProvider | undefined,
  claims: SubjectClaims,
  judgement: AwsJudgement,
): readonly Check[] {
  if (provider === undefined) return [];
  return [
    {
      at: 'identity provider',
      what: 'issuer',
      wanted: provider.issuer,
      presented: claims.iss,
      result: resultOf(judgement.isIssuerKnown),
    },
    {
      at: 'identity provider',
      what: 'audience',
      wanted: provider.clientIds.join(', '),
      presented: audiencesOf(claims).join(', '),
      result: resultOf(judgement.isAudienceKnown),
    },
  ];
}

function statementChecks(
  { statement, isCaller, isAction, conditions }: JudgedStatement,
  { facts }: AwsTrust,
  claims: SubjectClaims,
): readonly Check[] {
  const keys = requestKeys(claims, facts);
  const at = statement.effect === 'Deny' ? `${statement.at} (Deny)` : statement.at;
  return [
    {
      at: `${at}.Principal`,
      what: 'identity provider',
      wanted: statement.principals
        .map(({ type, value }) => (type === '*' ? '*' : `${type} ${value}`))
        .join(', '),
      presented: providerArn(claims, facts.roleArn) ?? claims.iss,
      result: resultOf(isCaller),
    },
    {
      at: `${at}.${statement.isNotAction ? 'NotAction' : 'Action'}`,
      what: 'action',
      wanted: statement.actions.join(', '),
      presented: ACTION,
      result: resultOf(isAction),
    },
    ...conditions.map(({ condition, holds }): Check => {
      const presented = keys(condition.key);
      return {
        at: condition.at.replace(statement.at, at),
        what: condition.key,
        wanted: condition.values.join(', '),
        presented: typeof presented === 'string' ? undefined : presented.join(', '),
        result: resultOf(holds),
      };
    }),
  ];
}

function providerFindings(
  { identityProvider }: AwsTrust,
  judgement: AwsJudgement,
  claims: SubjectClaims,
): readonly Finding[] {
  if (identityProvider === undefined) return [];
  const found: Finding[] = [];
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
    const presented = audiencesOf(claims)[0] ?? '';
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

function policyFindings(
  trust: AwsTrust,
  { statements }: AwsJudgement,
  claims: SubjectClaims,
): readonly Finding[] {
  const found: Finding[] = [];
  for (const judged of statements) {
    const { statement, applies } = judged;
    if (statement.effect === 'Deny' && applies === true)
      found.push(
        finding(
          'explicit_deny',
          statement.at,
          'This Deny statement matches the token, whatever else is allowed.',
        ),
      );
    if (applies !== true && (statement.effect === 'Allow' || applies === undefined))
      found.push(...whyNot(judged, trust, claims));
  }
  if (!statements.some(({ statement }) => statement.effect === 'Allow'))
    found.push(finding('no_allow_statement', 'Statement', 'No statement allows anything.'));
  return found;
}

function whyNot(
  { statement, isCaller, isAction, conditions }: JudgedStatement,
  { policy, facts }: AwsTrust,
  claims: SubjectClaims,
): readonly Finding[] {
  const keys = requestKeys(claims, facts);
  const failing = conditions.filter(({ holds }) => holds !== true);
  const heldKeys = conditions
    .filter(({ holds }) => holds === true)
    .map(({ condition }) => condition.key.toLowerCase());
  return [
    ...(isCaller ? [] : diagnosePrincipal(statement, claims, facts.roleArn)),
    ...(isAction
      ? []
      : [
          finding(
            'wrong_action',
            `${statement.at}.Action`,
            `The statement is about ${statement.actions.join(', ')}; a federated token asks for ${ACTION}.`,
          ),
        ]),
    ...failing.flatMap(({ condition, holds }) => [
      ...(holds === undefined
        ? [
            finding(
              'not_judged_offline',
              `${condition.at}["${condition.key}"]`,
              `Nothing at hand says whether ${condition.operator.name} holds for \`${condition.key}\`.`,
            ),
          ]
        : diagnoseCondition({
            condition,
            presented: keys(condition.key),
            claims,
            hasVariables: policy.hasVariables,
          })),
      ...(heldKeys.includes(condition.key.toLowerCase())
        ? [
            finding(
              'conditions_are_anded',
              condition.at,
              `\`${condition.key}\` is asked for by two operators, and both must hold.`,
            ),
          ]
        : []),
    ]),
  ];
}

function notesOf(
  { policy, identityProvider, facts }: AwsTrust,
  { statements }: AwsJudgement,
  claims: SubjectClaims,
): readonly Finding[] {
  const found: Finding[] = [];
  const keys = requestKeys(claims, facts);
  for (const { statement, applies, conditions } of statements) {
    if (statement.effect !== 'Allow' || applies !== true) continue;
    if (
      statement.principals.some(({ type }) => type === '*') &&
      !statement.principals.some((one) => one.type !== '*' && isPrincipal(one, claims, facts.roleArn))
    )
      found.push(
        finding(
          'any_principal',
          `${statement.at}.Principal`,
          'Everyone is the principal, identity providers of other issuers in this account included.',
        ),
      );
    for (const { condition } of conditions)
      if (keys(condition.key) === 'absent' && condition.operator.base !== 'Null')
        found.push(
          finding(
            'admits_absent_key',
            `${condition.at}["${condition.key}"]`,
            `The request has no key \`${condition.key}\`, and ${condition.operator.name} is true without it: it checks nothing.`,
          ),
        );
  }
  if (policy.length > USUAL_LENGTH)
    found.push(
      finding(
        'policy_too_long',
        'Statement',
        `The policy has ${policy.length} characters without white space.`,
      ),
    );
  if (identityProvider === undefined)
    found.push(
      finding(
        'provider_assumed',
        'identity provider',
        `Taken for granted: the account has an identity provider for ${JSON.stringify(claims.iss ?? '')} with the audience ${JSON.stringify(audiencesOf(claims)[0] ?? '')}.`,
      ),
    );
  return found;
}
