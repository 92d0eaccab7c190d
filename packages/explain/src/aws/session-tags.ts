/**
 * The tags and the source identity of a session: what a request asks for, the actions that it needs, the condition keys that
 * it and the session have, and what the session passes on.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */

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

/** Of a token that says nothing of its session, and of a user. */
export const NOTHING_PASSED: Passed = { tags: {}, sourceIdentity: undefined };

export const ASSUME_ROLE = 'sts:AssumeRole';
export const TAG_SESSION = 'sts:TagSession';
export const SET_SOURCE_IDENTITY = 'sts:SetSourceIdentity';

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
