/** What STS decides about one token: the identity provider first, then the trust policy. */

import type { TokenClaims } from '../claims.js';
import type { Truth } from '../truth.js';
import { allOf } from '../truth.js';
import { finding } from '../findings.js';
import type { Finding } from '../findings.js';
import { decide } from './evaluate.js';
import type { Decision, JudgedStatement } from './evaluate.js';
import type { IdentityProvider } from './identity-provider-controls.js';
import { webIdentityAudiences, issuerHost, providerArn, requestKeys } from './request-keys.js';
import type { RequestFacts } from './request-keys.js';
import type { Policy } from './policy-document.js';
import type { Principal } from './policy-elements.js';
import { NOTHING_PASSED, sessionActions } from './session-tags.js';
import { ROLES, readSession } from './session-claims.js';

export const ACTION = 'sts:AssumeRoleWithWebIdentity';

export interface AwsJudgement {
  /** The identity provider has the token's issuer; true if no identity provider was given. */
  readonly isIssuerKnown: boolean;
  readonly isAudienceKnown: boolean;
  /** The token has several audiences, and no authorized party (`azp`) that tells which one is meant. */
  readonly isAudienceOpen: boolean;
  readonly statements: readonly JudgedStatement[];
  /** Whether the trust policy allows the token, its session apart. */
  readonly isTrusted: Truth;
  /** What the trust policy decides about the tags and the source identity of the token, by action. */
  readonly ofSession: readonly (readonly [action: string, effect: Decision['effect']])[];
  /** Claims about the session for which AWS refuses the token. */
  readonly claimFindings: readonly Finding[];
  readonly allowed: Truth;
}

export interface AwsTrust {
  readonly policy: Policy;
  readonly identityProvider: IdentityProvider | undefined;
  readonly facts: RequestFacts;
}

export function judgeAws({ policy, identityProvider, facts }: AwsTrust, claims: TokenClaims): AwsJudgement {
  const keys = requestKeys(claims, facts);
  const decided = (action: string): Decision =>
    decide([policy], {
      action,
      keys,
      isCaller: (principal) => isWebIdentity(principal, claims, facts.roleArn),
    });
  const { effect, statements } = decided(ACTION);
  const ofSession = sessionActions(readSession(claims).request, NOTHING_PASSED).map(
    (action) => [action, decided(action).effect] as const,
  );
  const claimFindings = sessionClaimFindings(claims, facts.roleArn);
  const audiences = webIdentityAudiences(claims);
  const isIssuerKnown = identityProvider === undefined || identityProvider.issuer === claims.iss;
  const isAudienceKnown =
    identityProvider === undefined || audiences.some((one) => identityProvider.clientIds.includes(one));
  const isAudienceOpen = audiences.length > 1;
  const isTrusted = truthOf(effect);
  return {
    isIssuerKnown,
    isAudienceKnown,
    isAudienceOpen,
    statements,
    isTrusted,
    ofSession,
    claimFindings,
    allowed: allOf([
      !isAudienceOpen,
      isIssuerKnown,
      isAudienceKnown,
      claimFindings.length === 0,
      isTrusted,
      ...ofSession.map(([, one]) => truthOf(one)),
    ]),
  };
}

const truthOf = (effect: Decision['effect']): Truth =>
  effect === 'undecided' ? undefined : effect === 'allow';

function sessionClaimFindings(claims: TokenClaims, roleArn: string | undefined): readonly Finding[] {
  const { request, invalid } = readSession(claims);
  if (invalid !== undefined)
    return [finding('session_claim_invalid', `token["${invalid.claim}"]`, invalid.message)];
  const { authorizedRoles } = request;
  if (roleArn === undefined || authorizedRoles === undefined || authorizedRoles.includes(roleArn)) return [];
  return [
    finding(
      'role_not_authorized',
      `token["${ROLES}"]`,
      `The token is for ${authorizedRoles.join(', ') || 'no role'}, and not for ${roleArn}.`,
    ),
  ];
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
