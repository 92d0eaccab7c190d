/** What a policy accepts beyond what it seems to, what IAM refuses in a new policy, and what was assumed. */

import type { TokenClaims } from '../claims.js';
import { finding, type Finding } from '../findings.js';
import { missingControls } from './identity-provider-controls.js';
import type { AwsJudgement, AwsTrust } from './judge-aws.js';
import { webIdentityAudiences, requestKeys } from './request-keys.js';

/** IAM's default quota for a trust policy. */
const USUAL_LENGTH = 2048;

/** Vercel's global issuer, which all teams share. */
const SHARED = 'oidc.vercel.com';

export function* notesOf(
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
