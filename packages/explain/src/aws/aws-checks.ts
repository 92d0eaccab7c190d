/** Each condition of a trust policy, and the value of the token that it is compared with. */

import type { TokenClaims } from '../claims.js';
import type { Check } from '../explanation.js';
import { resultOf } from '../truth.js';
import type { IdentityProvider } from './identity-provider.js';
import { ACTION } from './judge-aws.js';
import type { JudgedStatement } from './evaluate.js';
import type { AwsJudgement, AwsTrust } from './judge-aws.js';
import { webIdentityAudiences, providerArn, requestKeys } from './request-keys.js';

export function providerChecks(
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

export function statementChecks(
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
