/** What STS decides about one token: identity provider first, then the trust policy. No words here, only truth. */

import type { SubjectClaims } from '@credex/core';
import type { Truth } from '../truth.js';
import { allOf, anyOf, negated } from '../truth.js';
import { fitsName } from './glob.js';
import type { IdentityProvider } from './identity-provider.js';
import { audiencesOf, issuerHost, providerArn, requestKeys } from './request-keys.js';
import type { Lookup, RequestFacts } from './request-keys.js';
import type { Condition, Principal, Statement, TrustPolicy } from './trust-policy.js';

export const ACTION = 'sts:AssumeRoleWithWebIdentity';

export interface JudgedStatement {
  readonly statement: Statement;
  readonly isCaller: boolean;
  readonly isAction: boolean;
  readonly conditions: readonly { readonly condition: Condition; readonly holds: Truth }[];
  readonly applies: Truth;
}

export interface AwsJudgement {
  /** The identity provider has the token's issuer; true where none was given to judge. */
  readonly isIssuerKnown: boolean;
  readonly isAudienceKnown: boolean;
  readonly statements: readonly JudgedStatement[];
  readonly allowed: Truth;
}

export interface AwsTrust {
  readonly policy: TrustPolicy;
  readonly identityProvider: IdentityProvider | undefined;
  readonly facts: RequestFacts;
}

export function judgeAws({ policy, identityProvider, facts }: AwsTrust, claims: SubjectClaims): AwsJudgement {
  const keys = requestKeys(claims, facts);
  const variables = policy.hasVariables ? keys : undefined;
  const statements = policy.statements.map((one) => judgeStatement(one, claims, facts, keys, variables));
  const ofEffect = (effect: Statement['effect']): Truth =>
    anyOf(statements.filter(({ statement }) => statement.effect === effect).map(({ applies }) => applies));
  const isIssuerKnown = identityProvider === undefined || identityProvider.issuer === claims.iss;
  const isAudienceKnown =
    identityProvider === undefined ||
    audiencesOf(claims).some((one) => identityProvider.clientIds.includes(one));
  return {
    isIssuerKnown,
    isAudienceKnown,
    statements,
    // A Deny that matches wins over every Allow.
    allowed: allOf([isIssuerKnown, isAudienceKnown, ofEffect('Allow'), negated(ofEffect('Deny'))]),
  };
}

function judgeStatement(
  statement: Statement,
  claims: SubjectClaims,
  { roleArn }: RequestFacts,
  keys: Lookup,
  variables: Lookup | undefined,
): JudgedStatement {
  const isCaller = statement.principals.some((principal) => isPrincipal(principal, claims, roleArn));
  const isAction = statement.actions.some((pattern) => fitsName(pattern, ACTION)) !== statement.isNotAction;
  const conditions = statement.conditions.map((condition) => ({
    condition,
    holds: condition.operator.test(keys(condition.key), condition.values, variables),
  }));
  return {
    statement,
    isCaller,
    isAction,
    conditions,
    applies: allOf([isCaller, isAction, ...conditions.map(({ holds }) => holds)]),
  };
}

/** Where the role's account isn't known, a provider of any account is taken for the right one. */
function isPrincipal(
  { type, value }: Principal,
  claims: SubjectClaims,
  roleArn: string | undefined,
): boolean {
  if (type === '*') return true;
  if (type !== 'Federated') return false;
  const arn = providerArn(claims, roleArn);
  if (arn !== undefined) return value === arn;
  const parts = /^arn:[\w-]+:iam::\d{12}:oidc-provider\/(.+)$/.exec(value);
  return parts !== null && parts[1] === issuerHost(claims);
}
