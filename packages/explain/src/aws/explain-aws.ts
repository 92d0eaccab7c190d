/** `explain` for AWS: a role's trust policy against a token. */

import type { TokenClaims } from '../claims.js';
import { finding, type Explanation, type Check, type Finding } from '../findings.js';
import { isObject } from '../json.js';
import { permissiveFindings } from '../permissive.js';
import { PolicyFileError } from '../policy-file-error.js';
import { assertKind, onlyOne } from '../recognise.js';
import { policyFindings, providerFindings } from './aws-findings.js';
import { missingControls, type IdentityProvider } from './identity-provider-controls.js';
import type { JudgedStatement } from './evaluate.js';
import { judgeAws, ACTION, type AwsTrust, type AwsJudgement } from './judge-aws.js';
import { webIdentityAudiences, providerArn, requestKeys, type RequestFacts } from './request-keys.js';
import { readPolicyDocument, unwrapRole } from './policy-document.js';
import { resultOf } from '../truth.js';

// Each condition of a trust policy, and the value of the token that it is compared with.

function providerChecks(
  provider: IdentityProvider | undefined,
  claims: TokenClaims,
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
      presented: webIdentityAudiences(claims).join(', '),
      result: resultOf(judgement.isAudienceKnown),
    },
  ];
}

function statementChecks(
  { statement, isCaller, isAction, conditions }: JudgedStatement,
  { facts }: AwsTrust,
  claims: TokenClaims,
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
      at: `${at}.${statement.actions.isNegated ? 'NotAction' : 'Action'}`,
      what: 'action',
      wanted: statement.actions.patterns.join(', '),
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

// What a policy accepts beyond what it seems to, what IAM refuses in a new policy, and what was assumed.

/** IAM's default quota for a trust policy. */
const USUAL_LENGTH = 2048;

/** Vercel's global issuer, which all teams share. */
const SHARED = 'oidc.vercel.com';

function* notesOf(
  { policy, identityProvider, facts }: AwsTrust,
  { statements }: AwsJudgement,
  claims: TokenClaims,
): Generator<Finding> {
  const keys = requestKeys(claims, facts);
  for (const { statement, applies, conditions } of statements) {
    if (statement.effect !== 'Allow' || applies !== true) continue;
    if (statement.principals.some(({ type }) => type === '*'))
      yield finding(
        'any_principal',
        `${statement.at}.Principal`,
        'Everyone is the principal, identity providers of other issuers in this account included.',
      );
    for (const { condition } of conditions)
      if (keys(condition.key) === 'absent' && condition.operator.base !== 'Null')
        yield finding(
          'admits_absent_key',
          `${condition.at}["${condition.key}"]`,
          `The request has no key \`${condition.key}\`, and ${condition.operator.name} is true without it, so this condition checks nothing.`,
        );
  }
  // IAM asks for this when a role is made or changed; roles from before go on working.
  for (const { at, host } of missingControls(policy.statements))
    if (host === SHARED)
      yield finding(
        'shared_issuer_control',
        at,
        `The statement trusts Vercel's global issuer, and has no condition on \`${SHARED}:aud\`.`,
      );
  for (const { at, message } of policy.notes) yield finding('refused_today', at, message);
  const { length } = policy;
  if (length > USUAL_LENGTH)
    yield finding('policy_too_long', 'Statement', `The policy has ${length} characters without white space.`);
  if (identityProvider === undefined)
    yield finding(
      'provider_assumed',
      'identity provider',
      `Assumed: the account has an identity provider for ${JSON.stringify(claims.iss ?? '')} with the audience ${JSON.stringify(webIdentityAudiences(claims)[0] ?? '')}.`,
    );
}

export function explainAws(
  value: unknown,
  claims: TokenClaims,
  identityProvider: IdentityProvider | undefined,
  given: RequestFacts,
): Omit<Explanation, 'cloud' | 'summary'> {
  assertKind(value, 'aws', 'policy');
  const only = onlyOne(value, 'aws', 'policy');
  const { document, roleArn } = unwrapRole(isObject(only) ? only : {});
  if (given.roleArn !== undefined && roleArn !== undefined && given.roleArn !== roleArn)
    throw new PolicyFileError(
      'policy_of_another_role',
      'policy',
      '`policy` is the policy of another role than the one that the token is for.',
      { hint: 'Pass the output of `aws iam get-role` for the role that the token is for.' },
    );
  const policy = readPolicyDocument(document, { kind: 'trust', isTemplate: true });
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
  const notes = [...notesOf(trust, judgement, claims)];
  const { allowed } = judgement;
  if (allowed === true) {
    const isAccepted = (other: TokenClaims): boolean => judgeAws(trust, other).allowed === true;
    return {
      verdict: 'allowed',
      answer: undefined,
      checks,
      findings: [...permissiveFindings(claims, 'Statement', isAccepted), ...notes],
    };
  }
  const { isIssuerKnown, isAudienceKnown, isAudienceOpen, claimFindings } = judgement;
  const isOfProvider = !isIssuerKnown || !isAudienceKnown || isAudienceOpen || claimFindings.length > 0;
  return {
    verdict: allowed === undefined ? 'undecided' : 'refused',
    answer: allowed === undefined ? undefined : isOfProvider ? 'InvalidIdentityToken' : 'AccessDenied',
    checks,
    findings: [
      ...providerFindings(trust, judgement, claims),
      ...claimFindings,
      ...policyFindings(trust, judgement, claims),
      ...notes,
    ],
  };
}
