/** What STS decides about one token: identity provider first, then the trust policy. No words here, only truth. */

import type { TokenClaims } from '../claims.js';
import type { Truth } from '../truth.js';
import { allOf, anyOf, negated } from '../truth.js';
import { fitsName } from './glob.js';
import type { IdentityProvider } from './identity-provider.js';
import { audiencesOf, isMultivalued, issuerHost, providerArn, requestKeys } from './request-keys.js';
import type { Lookup, RequestFacts } from './request-keys.js';
import type { Condition, Principal, Statement, TrustPolicy } from './trust-policy.js';

export const ACTION = 'sts:AssumeRoleWithWebIdentity';

export interface JudgedStatement {
  readonly statement: Statement;
  readonly isCaller: Truth;
  readonly isAction: boolean;
  readonly conditions: readonly { readonly condition: Condition; readonly holds: Truth }[];
  readonly applies: Truth;
}

export interface AwsJudgement {
  /** The identity provider has the token's issuer; true where none was given to judge. */
  readonly isIssuerKnown: boolean;
  readonly isAudienceKnown: boolean;
  /** The token has several audiences, and names no authorized party that would tell which one is meant. */
  readonly isAudienceOpen: boolean;
  readonly statements: readonly JudgedStatement[];
  readonly allowed: Truth;
}

export interface AwsTrust {
  readonly policy: TrustPolicy;
  readonly identityProvider: IdentityProvider | undefined;
  readonly facts: RequestFacts;
}

export function judgeAws({ policy, identityProvider, facts }: AwsTrust, claims: TokenClaims): AwsJudgement {
  const keys = requestKeys(claims, facts);
  const variables = policy.hasVariables ? keys : undefined;
  const statements = policy.statements.map((one) => judgeStatement(one, claims, facts, keys, variables));
  const ofEffect = (effect: Statement['effect']): Truth =>
    anyOf(statements.filter(({ statement }) => statement.effect === effect).map(({ applies }) => applies));
  const isIssuerKnown = identityProvider === undefined || identityProvider.issuer === claims.iss;
  const isAudienceKnown =
    identityProvider === undefined ||
    audiencesOf(claims).some((one) => identityProvider.clientIds.includes(one));
  const isAudienceOpen = audiencesOf(claims).length > 1;
  return {
    isIssuerKnown,
    isAudienceKnown,
    isAudienceOpen,
    statements,
    // A Deny that matches wins over every Allow.
    allowed: allOf([
      !isAudienceOpen,
      isIssuerKnown,
      isAudienceKnown,
      ofEffect('Allow'),
      negated(ofEffect('Deny')),
    ]),
  };
}

function judgeStatement(
  statement: Statement,
  claims: TokenClaims,
  { roleArn }: RequestFacts,
  keys: Lookup,
  variables: Lookup | undefined,
): JudgedStatement {
  const isCaller = anyOf(statement.principals.map((principal) => isPrincipal(principal, claims, roleArn)));
  const isAction = statement.actions.some((pattern) => fitsName(pattern, ACTION)) !== statement.isNotAction;
  const conditions = statement.conditions.map((condition) => ({
    condition,
    holds: holdsOf(condition, keys, variables),
  }));
  return {
    statement,
    isCaller,
    isAction,
    conditions,
    applies: allOf([isCaller, isAction, ...conditions.map(({ holds }) => holds)]),
  };
}

/** A value that nobody knows yet can only add to what a comparison finds. */
function holdsOf(
  { operator, key, values, computed }: Condition,
  keys: Lookup,
  variables: Lookup | undefined,
): Truth {
  const presented = keys(key);
  // A plain operator never matches a key that may have several values.
  if (
    operator.set === undefined &&
    operator.base !== 'Null' &&
    isMultivalued(key) &&
    typeof presented !== 'string'
  )
    return false;
  const holds = operator.test(presented, values, variables);
  if (computed.length === 0 || holds === undefined) return holds;
  return holds === !operator.isNegated ? holds : undefined;
}

/** Where the role's account isn't known, a provider of any account is taken for the right one. */
function isPrincipal(
  { type, value, isComputed = false }: Principal,
  claims: TokenClaims,
  roleArn: string | undefined,
): Truth {
  if (type === '*') return true;
  if (type !== 'Federated') return false;
  const arn = providerArn(claims, roleArn);
  if (isComputed) {
    // What follows the last placeholder is known, which may be the issuer.
    const known = value.startsWith('{') ? '' : value.slice(value.lastIndexOf('}') + 1);
    const isOther = known.includes(':oidc-provider/') && known !== `:oidc-provider/${issuerHost(claims)}`;
    return isOther ? false : undefined;
  }
  if (arn !== undefined) return value === arn;
  const parts = /^arn:[\w-]+:iam::\d{12}:oidc-provider\/(.+)$/.exec(value);
  return parts !== null && parts[1] === issuerHost(claims);
}
