/**
 * The session of a role that assumes the next role of a chain: whether a principal names it, which actions its request
 * needs, and the condition keys that it brings.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
 */

import type { Principal } from './policy-elements.js';

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
}

export type SessionKeys = Readonly<Record<string, string | readonly string[]>>;
type Tags = Readonly<Record<string, string>>;

/** What a session passes on to the sessions that it requests: transitive tags and the source identity. */
export interface Passed {
  readonly tags: Tags;
  readonly sourceIdentity: string | undefined;
}

/** What a request asks for besides the role. */
export interface RequestedSession {
  readonly tags: Tags;
  readonly transitiveKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
}

export const ASSUME_ROLE = 'sts:AssumeRole';
export const TAG_SESSION = 'sts:TagSession';
export const SET_SOURCE_IDENTITY = 'sts:SetSourceIdentity';

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

/** The condition keys of a session with these tags. */
export const sessionTagKeys = (
  tags: Tags,
  sourceIdentity: string | undefined,
): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
  ...(sourceIdentity === undefined ? {} : { 'aws:SourceIdentity': sourceIdentity }),
});

/** The condition keys of a request for a session with these tags. */
export function requestTagKeys({
  tags,
  transitiveKeys,
  sourceIdentity,
}: RequestedSession): Readonly<Record<string, string | readonly string[] | undefined>> {
  const names = Object.keys(tags);
  return {
    'sts:SourceIdentity': sourceIdentity,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    'aws:TagKeys': names.length === 0 ? undefined : names,
    'sts:TransitiveTagKeys': transitiveKeys.length === 0 ? undefined : transitiveKeys,
  };
}

/** The condition keys that the calling session brings. */
export const sessionKeys = ({ arn, keys }: RoleSession): SessionKeys => ({
  ...keys,
  'aws:PrincipalAccount': accountOf(arn),
  'aws:PrincipalArn': arn,
  'aws:PrincipalType': 'AssumedRole',
});

/** The actions that a request needs in addition: also for tags and a source identity that the caller's session passes on. */
export const sessionActions = (
  { tags, sourceIdentity }: RequestedSession,
  passed: Passed,
): readonly string[] => [
  ...(Object.keys({ ...tags, ...passed.tags }).length === 0 ? [] : [TAG_SESSION]),
  ...((sourceIdentity ?? passed.sourceIdentity) === undefined ? [] : [SET_SOURCE_IDENTITY]),
];

/** What the new session passes on in turn. */
export function passedOn({ tags, transitiveKeys, sourceIdentity }: RequestedSession, passed: Passed): Passed {
  const transitive = transitiveKeys.map((key) => key.toLowerCase());
  const own = Object.entries(tags).filter(([key]) => transitive.includes(key.toLowerCase()));
  return {
    tags: { ...passed.tags, ...Object.fromEntries(own) },
    sourceIdentity: sourceIdentity ?? passed.sourceIdentity,
  };
}
