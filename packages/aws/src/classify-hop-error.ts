/** Classifies a failure of AssumeRole, and says which role of the chain and which statement of a policy is at fault. */

import type { PresentedToken } from '@credex/core';
import type { HintFacts, HintTable, Meaning, ServerError } from '@credex/core/classify';
import { classifyFailure } from '@credex/core/classify';
import type { ErrorClass } from '@credex/core/internal';
import type { HintName } from './hints.js';
import { HINTS } from './hints.js';
import type { Failed } from './sts-errors.js';
import { meaningOf, otherwise, readServerError } from './sts-errors.js';
import type { AwsConfiguration, GivenHop, RoleChain } from './types.js';

type HopHint =
  | HintName
  | 'assumeRoleDenied'
  | 'tagSessionDenied'
  | 'sourceIdentityDenied'
  | 'sourceIdentitySet'
  | 'sessionEnded'
  | 'clock';

/** The configuration of the last hop, and what can be said of it. */
interface HopFacts extends AwsConfiguration {
  /** `Role 2 of \`assumeRole\` (arn…)`. */
  readonly hop: string;
  readonly target: string;
  /** The role whose session signed. */
  readonly caller: string;
  readonly externalId: string | undefined;
}

/** Never throws. A hint never contains text from a server. */
export function classifyHopError(
  error: unknown,
  presented: PresentedToken | undefined,
  chain: RoleChain,
): ErrorClass {
  const rules = { readServerError, meaningOf: meaningOfHop, otherwise, hints: HOP_HINTS };
  return classifyFailure<HopHint, ServerError, HopFacts>(error, rules, {
    configuration: factsOf(chain),
    presented,
  });
}

function factsOf({ hops, configuration }: RoleChain): HopFacts {
  const [last, before] = [hops.at(-1), hops.at(-2)];
  const target = roleOf(last);
  const { externalId, durationSeconds } = last ?? {};
  return {
    ...configuration,
    roleArn: target,
    accountId: target.split(':')[4] ?? '',
    durationSeconds: typeof durationSeconds === 'number' ? durationSeconds : undefined,
    hop: `Role ${hops.length} of \`assumeRole\` (${target})`,
    target,
    caller: before === undefined ? configuration.roleArn : roleOf(before),
    externalId: typeof externalId === 'string' ? externalId : undefined,
  };
}

const roleOf = (hop: GivenHop | undefined): string => `${hop?.['roleArn'] as string}`;

const never = (code: ErrorClass['code'], hint: HopHint): Meaning<HopHint> => ({ code, retry: 'never', hint });

function meaningOfHop(failed: Failed): Meaning<HopHint> | undefined {
  const { serverCode, serverMessage = '' } = failed;
  if (/source identity is already set/i.test(serverMessage))
    return never('invalid_request', 'sourceIdentitySet');
  if (serverCode === 'InvalidParameterValue') return never('invalid_request', 'parameter');
  if (serverCode === 'AccessDenied') return meaningOfDenial(serverMessage);
  if (serverCode === 'ExpiredToken' || serverCode === 'InvalidClientTokenId')
    return never('access_denied', 'sessionEnded');
  if (serverCode === 'SignatureDoesNotMatch' && /expired|not yet current/i.test(serverMessage))
    return { code: 'clock_skew', retry: 'never', hint: 'clock' };
  return meaningOf(failed);
}

/** AWS names the action that is not allowed. */
function meaningOfDenial(message: string): Meaning<HopHint> {
  if (/sts:TagSession/i.test(message)) return never('access_denied', 'tagSessionDenied');
  if (/sts:SetSourceIdentity/i.test(message)) return never('access_denied', 'sourceIdentityDenied');
  return never('access_denied', 'assumeRoleDenied');
}

/** The statements that both sides need for an action. */
function statements(action: string, { target, caller }: HopFacts): string {
  const [account, callerAccount] = [target, caller].map((arn) => arn.split(':')[4]);
  const identity =
    account === callerAccount
      ? `If it names the account instead of the role, a policy of ${caller} must allow ${action} on ${target} as well.`
      : `Since the accounts differ, a policy of ${caller} must allow ${action} on ${target} as well.`;
  return `The trust policy of ${target} must allow ${action} to the principal ${caller}. ${identity}`;
}

type Facts = HintFacts<HopFacts>;

const HOP_HINTS: HintTable<HopHint, HopFacts> = {
  ...HINTS,
  // AWS sends AccessDenied both for a role that does not exist and for policies that do not allow it.
  assumeRoleDenied: ({ configuration }: Facts) =>
    `${configuration.hop} either does not exist, or may not be assumed by a session of ${configuration.caller}. ` +
    `${statements('sts:AssumeRole', configuration)} ` +
    (configuration.externalId === undefined
      ? 'If the trust policy compares `sts:ExternalId`, pass `externalId`.'
      : 'If the trust policy compares `sts:ExternalId`, check `externalId`.'),
  tagSessionDenied: ({ configuration }: Facts) =>
    `${configuration.hop} is assumed with session tags (\`tags\`, \`tagsFromClaims\`, or those that an earlier role passes on), ` +
    `which nothing allows. ${statements('sts:TagSession', configuration)}`,
  sourceIdentityDenied: ({ configuration }: Facts) =>
    `${configuration.hop} is assumed with a source identity, which nothing allows. Each later role of the chain needs the ` +
    `same. ${statements('sts:SetSourceIdentity', configuration)}`,
  sourceIdentitySet: ({ configuration }: Facts) =>
    `${configuration.hop} is assumed by a session that has another source identity already, from its token or its roles. ` +
    'Remove `sourceIdentity`.',
  parameter: ({ configuration }: Facts) =>
    `STS did not accept a parameter of the request for ${configuration.hop}. Check the options of that role.`,
  sessionEnded: ({ configuration }: Facts) =>
    `STS does not accept the session of ${configuration.caller} that signs the request for ${configuration.hop}. It has ` +
    'ended, or the role was deleted. Check that role, and the clock of this machine.',
  clock: ({ configuration }: Facts) =>
    `The clock of this machine differs from that of AWS by more than five minutes, so that the signature of the request for ` +
    `${configuration.hop} is not valid. Set the clock.`,
};
