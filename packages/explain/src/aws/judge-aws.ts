/** What STS decides about one token: the identity provider first, then the trust policy. */

import type { TokenClaims } from '../claims.js';
import type { Truth } from '../truth.js';
import { allOf } from '../truth.js';
import { decide } from './evaluate.js';
import type { JudgedStatement } from './evaluate.js';
import type { IdentityProvider } from './identity-provider.js';
import { webIdentityAudiences, issuerHost, providerArn, requestKeys } from './request-keys.js';
import type { RequestFacts } from './request-keys.js';
import type { Policy } from './policy-document.js';
import type { Principal } from './policy-elements.js';

export const ACTION = 'sts:AssumeRoleWithWebIdentity';

export interface AwsJudgement {
  /** The identity provider has the token's issuer; true if no identity provider was given. */
  readonly isIssuerKnown: boolean;
  readonly isAudienceKnown: boolean;
  /** The token has several audiences, and no authorized party (`azp`) that tells which one is meant. */
  readonly isAudienceOpen: boolean;
  readonly statements: readonly JudgedStatement[];
  readonly allowed: Truth;
}

export interface AwsTrust {
  readonly policy: Policy;
  readonly identityProvider: IdentityProvider | undefined;
  readonly facts: RequestFacts;
}

export function judgeAws({ policy, identityProvider, facts }: AwsTrust, claims: TokenClaims): AwsJudgement {
  const { effect, statements } = decide([policy], {
    action: ACTION,
    keys: requestKeys(claims, facts),
    isCaller: (principal) => isWebIdentity(principal, claims, facts.roleArn),
  });
  const audiences = webIdentityAudiences(claims);
  const isIssuerKnown = identityProvider === undefined || identityProvider.issuer === claims.iss;
  const isAudienceKnown =
    identityProvider === undefined || audiences.some((one) => identityProvider.clientIds.includes(one));
  const isAudienceOpen = audiences.length > 1;
  const isAllowed = effect === 'undecided' ? undefined : effect === 'allow';
  return {
    isIssuerKnown,
    isAudienceKnown,
    isAudienceOpen,
    statements,
    allowed: allOf([!isAudienceOpen, isIssuerKnown, isAudienceKnown, isAllowed]),
  };
}

/**
 * Whether a principal of a trust policy is the identity provider of the token. `{"AWS": "*"}` is every principal of AWS, and a
 * web identity is none. If the account of the role is not known, a provider of any account will do.
 */
export function isWebIdentity(
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
