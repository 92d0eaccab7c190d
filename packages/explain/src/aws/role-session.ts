/**
 * The session of a role that assumes the next role of a chain: whether a principal names it, which actions its request
 * needs, and the condition keys that it brings.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
 */

import type { Principal } from './policy-elements.js';
import type { SessionPolicies } from './session-policies.js';
import type { Passed } from './session-tags.js';

/** Who signs an AssumeRole request. */
export interface HopCaller {
  /** Of the role whose session it is, or of a user. */
  readonly arn: string;
  /** Undefined: not known. */
  readonly sessionName: string | undefined;
}

/** A session of a role, as the caller of AssumeRole. */
export interface RoleSession extends HopCaller {
  /** The condition keys that stay with the session: its tags, its source identity, the web identity that it began with. */
  readonly keys: SessionKeys;
  readonly passed: Passed;
  /** Undefined: the session may do all that its role may do. */
  readonly policies: SessionPolicies | undefined;
}

export type SessionKeys = Readonly<Record<string, string | readonly string[]>>;
/** The account of a principal's ARN. */
export const accountOf = (arn: string): string => arn.split(':')[4] ?? '';

/**
 * Whether a principal of a trust policy is this caller: `named` by its own ARN or that of its role, through its `account`,
 * or as `anyone`. `false`: it is another caller. `undefined`: it depends on what a template computes, or on the session name.
 */
export function principalMatch(
  { type, value, isComputed = false }: Principal,
  { arn, sessionName }: HopCaller,
): 'named' | 'account' | 'anyone' | false | undefined {
  if (type !== '*' && type !== 'AWS') return false;
  if (isComputed) return undefined;
  if (value === '*') return 'anyone';
  const [, partition = '', , , account = ''] = arn.split(':');
  if (value === account || value === `arn:${partition}:iam::${account}:root`) return 'account';
  if (value === arn) return 'named';
  if (!arn.includes(':role/')) return false;
  // The ARN of a session has no path.
  const session = `arn:${partition}:sts::${account}:assumed-role/${arn.split('/').at(-1) ?? ''}/`;
  if (!value.startsWith(session)) return false;
  if (sessionName === undefined) return undefined;
  return value === `${session}${sessionName}` ? 'named' : false;
}

/** The condition keys that the calling session brings. */
export const sessionKeys = ({ arn, keys }: RoleSession): SessionKeys => ({
  ...keys,
  'aws:PrincipalAccount': accountOf(arn),
  'aws:PrincipalArn': arn,
  'aws:PrincipalType': 'AssumedRole',
});
