/** The roles of the option `assumeRole`, checked before any request. */

import type { Json } from '@credex/core';
import { OptionError } from '@credex/core';
import type { Grammar } from '@credex/core/internal';
import {
  invalidOption,
  optionNames,
  optionalInteger,
  optionalString,
  optionalStringList,
  ownOptions,
} from '@credex/core/internal';
import type { AwsAssumeRole } from './options.js';
import type { SessionPolicies } from './session.js';
import { requiredRoleArn, sessionPolicies } from './session.js';
import type { AwsConfiguration, AwsHop, GivenHop } from './types.js';

/** A hop whose tags from claims have no value yet. */
export interface CheckedHop
  extends
    Pick<AwsHop, 'roleArn' | 'partition' | 'accountId' | 'externalId' | 'tags' | 'transitiveTagKeys'>,
    Pick<AwsHop, 'sourceIdentity' | 'durationSeconds'>,
    SessionPolicies {
  /** Tag key and claim. */
  readonly claims: readonly (readonly [key: string, claim: string])[];
}

/** Each is a request, and one exchange has 8 s for all. */
const MOST_HOPS = 5;
const MOST_TAGS = 50;
/** STS: of a session that another session requests. */
const CHAINED_SECONDS = 3_600;

const HOP_NAMES: readonly string[] = optionNames<AwsAssumeRole>({
  roleArn: true,
  externalId: true,
  tags: true,
  tagsFromClaims: true,
  transitiveTagKeys: true,
  sourceIdentity: true,
  policy: true,
  policyArns: true,
  durationSeconds: true,
});

const EXTERNAL_ID: Grammar = {
  pattern: /^[\w+=,.@:/-]{2,1224}$/,
  says: '2 to 1,224 characters of A-Z, a-z, 0-9 and _+=,.@:/-',
};
const SOURCE_IDENTITY: Grammar = {
  pattern: /^(?!aws:)[\w+=,.@-]{2,64}$/i,
  says: '2 to 64 characters of A-Z, a-z, 0-9 and _+=,.@-',
};
const TAG_KEY: Grammar = {
  pattern: /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu,
  says: '1 to 128 letters, digits, spaces and _.:/=+-@, not beginning with aws:',
};
export const TAG_VALUE: Grammar = {
  pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u,
  says: 'text of at most 256 letters, digits, spaces and _.:/=+-@',
};
const CLAIM: Grammar = { pattern: /^.{1,128}$/, says: 'the name of a claim of the token' };

/** @throws OptionError naming the hop and its option: `assumeRole[1].tags` */
export function checkedHops(
  given: readonly GivenHop[],
  configuration: AwsConfiguration,
): readonly CheckedHop[] {
  const isList = given.length > 0 && given.every((hop) => typeof hop === 'object' && hop !== null);
  if (!isList || given.length > MOST_HOPS)
    throw invalidOption(
      { option: 'assumeRole' },
      `a list of 1 to ${MOST_HOPS} roles, each an object with \`roleArn\``,
      given,
    );
  const transitive = new Set<string>();
  return given.map((hop, index) => {
    const path = `assumeRole[${index}].`;
    const checked = checkedHop(hop, path, configuration);
    if (index > 0 && checked.sourceIdentity !== undefined)
      throw conflict(
        `${path}sourceIdentity`,
        'can be set in the first role alone: STS keeps it for all later sessions, and refuses another one. Move it there.',
      );
    for (const key of keysOf(checked))
      if (transitive.has(key.toLowerCase()))
        throw conflict(
          `${path}tags`,
          `has the tag ${key}, which an earlier role passes on (\`transitiveTagKeys\`). STS refuses to set it again: remove one of the two.`,
        );
    for (const key of checked.transitiveTagKeys) transitive.add(key.toLowerCase());
    return checked;
  });
}

function checkedHop(given: GivenHop, path: string, configuration: AwsConfiguration): CheckedHop {
  const hop = ownOptions<AwsAssumeRole>(path.slice(0, -1), given as unknown as AwsAssumeRole, HOP_NAMES);
  const role = requiredRoleArn(hop.roleArn, { option: `${path}roleArn` });
  if (role.partition !== configuration.partition)
    throw conflict(
      `${path}roleArn`,
      `is in the partition ${role.partition}, and \`roleArn\` is in ${configuration.partition}. A session is valid in its own partition only.`,
    );
  const tags = entriesOf(hop.tags, `${path}tags`, TAG_VALUE);
  const claims = entriesOf(hop.tagsFromClaims, `${path}tagsFromClaims`, CLAIM);
  const transitiveTagKeys =
    optionalStringList({ option: `${path}transitiveTagKeys` }, hop.transitiveTagKeys, TAG_KEY) ?? [];
  const checked: CheckedHop = {
    ...role,
    externalId: optionalString({ option: `${path}externalId` }, hop.externalId, EXTERNAL_ID),
    tags,
    claims,
    transitiveTagKeys,
    sourceIdentity: optionalString({ option: `${path}sourceIdentity` }, hop.sourceIdentity, SOURCE_IDENTITY),
    durationSeconds: optionalInteger(
      { option: `${path}durationSeconds` },
      hop.durationSeconds,
      900,
      CHAINED_SECONDS,
    ),
    ...sessionPolicies(hop.policy, hop.policyArns, path),
  };
  assertKeys(checked, path);
  return checked;
}

const keysOf = ({ tags, claims }: CheckedHop): readonly string[] => [...tags, ...claims].map(([key]) => key);

function assertKeys(hop: CheckedHop, path: string): void {
  const keys = keysOf(hop);
  if (keys.length > MOST_TAGS)
    throw conflict(`${path}tags`, `has ${keys.length} tags; STS takes ${MOST_TAGS}.`);
  assertUnique(keys, `${path}tags`);
  assertUnique(hop.transitiveTagKeys, `${path}transitiveTagKeys`);
  const foreign = hop.transitiveTagKeys.find((key) => !keys.includes(key));
  if (foreign !== undefined)
    throw conflict(
      `${path}transitiveTagKeys`,
      `names ${foreign}, which is no tag of this role. Add the tag to \`tags\` or \`tagsFromClaims\`, with the same case.`,
    );
}

/** IAM compares the keys of tags without regard to case. */
function assertUnique(keys: readonly string[], option: string): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key.toLowerCase()))
      throw conflict(
        option,
        `has the key ${key} twice. STS compares keys without regard to case: remove one.`,
      );
    seen.add(key.toLowerCase());
  }
}

function entriesOf(
  value: unknown,
  option: string,
  grammar: Grammar,
): readonly (readonly [key: string, value: string])[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidOption({ option }, 'an object of keys and text', value);
  return Object.entries(value as Readonly<Record<string, Json>>).map(([key, text]) => {
    if (!TAG_KEY.pattern.test(key))
      throw invalidOption({ option }, `an object whose keys are ${TAG_KEY.says}`, key);
    if (typeof text !== 'string' || !grammar.pattern.test(text))
      throw invalidOption({ option: `${option}.${key}` }, grammar.says, text);
    return [key, text];
  });
}

const conflict = (option: string, message: string): OptionError =>
  new OptionError('conflicting_options', option, undefined, `\`${option}\` ${message}`);
