/** A policy of IAM, read: what IAM keeps becomes statements, what it refuses becomes a problem. */

import { isObject, listOf, member, text, textsOf } from '../json.js';
import type { JsonObject } from '../json.js';
import { NO_VENDOR, readConditions, readPrincipals, readStrings, report } from './policy-elements.js';
import type { Condition, PolicyKind, Principal, Problem, Reading } from './policy-elements.js';

export interface Matching {
  readonly patterns: readonly string[];
  /** `NotAction`, `NotResource`: all but these. */
  readonly isNegated: boolean;
}

export interface Statement {
  readonly at: string;
  readonly effect: 'Allow' | 'Deny';
  /** Of a trust policy. */
  readonly principals: readonly Principal[];
  readonly actions: Matching;
  /** Undefined in a trust policy: its resource is the role itself. */
  readonly resources: Matching | undefined;
  readonly conditions: readonly Condition[];
}

export interface Policy {
  readonly statements: readonly Statement[];
  /** Policy variables came with version 2012-10-17. */
  readonly hasVariables: boolean;
  readonly problems: readonly Problem[];
  /** What IAM keeps from before, and refuses in a new policy. */
  readonly notes: readonly Problem[];
  /** Characters as IAM counts them: without white space. */
  readonly length: number;
}

/** Characters without white space: the highest quota of any kind of policy, that of the inline policies of a role. */
const LONGEST_POLICY = 10_240;

/** What IAM says of some problems; of the others it says "Syntax errors in policy." */
const IAM = {
  twoSids: 'The Statement Ids in the policy are not unique',
  sid: 'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
  notSts: 'AssumeRole policy may only specify STS AssumeRole actions.',
};

export function readPolicyDocument(document: unknown, kind: PolicyKind): Policy {
  const reading: Reading = { ...kind, problems: [], notes: [] };
  const { problems, notes } = reading;
  const policy = isObject(document) ? document : {};
  if (!isObject(document)) report(reading, 'policy', 'The policy must be an object.');
  refuseStrays(policy, ['Version', 'Id', 'Statement'], '', reading);
  const version = member(policy, 'Version') ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17')
    report(reading, 'Version', 'It must be 2012-10-17 or 2008-10-17.');
  const statement = member(policy, 'Statement');
  const list = statement === undefined ? [] : listOf(statement);
  if (list.length === 0) report(reading, 'Statement', 'It is missing or empty.');
  const ids = list
    .filter(isObject)
    .flatMap((one) => textsOf(member(one, 'Sid') ?? []))
    .filter((id) => id !== '');
  if (new Set(ids).size < ids.length)
    report(reading, 'Statement', 'Two statements have the same Sid.', IAM.twoSids);
  const { length } = JSON.stringify(policy).replace(/\s/g, '');
  // Before anything is compared: the time of a pattern grows with its length.
  const isTooLong = length > LONGEST_POLICY;
  if (isTooLong)
    report(reading, 'Statement', `The policy has ${length} characters; IAM keeps at most ${LONGEST_POLICY}.`);
  const statements = (isTooLong ? [] : list).flatMap((one, index) => {
    const at = Array.isArray(statement) ? `Statement[${index}]` : 'Statement';
    if (isObject(one)) return readStatement(one, at, reading);
    report(reading, at, 'It must be an object.');
    return [];
  });
  return { statements, hasVariables: version === '2012-10-17', problems, notes, length };
}

const COMMON = ['Sid', 'Effect', 'Action', 'NotAction', 'Condition'];
const OF_TRUST = ['Principal', 'NotPrincipal'];
const OF_OTHERS = ['Resource', 'NotResource'];

function readStatement(statement: JsonObject, at: string, reading: Reading): Statement[] {
  const isTrust = reading.kind === 'trust';
  refuseStrays(statement, [...COMMON, ...(isTrust ? ['Principal'] : OF_OTHERS)], `${at}.`, reading);
  const id = member(statement, 'Sid');
  if (id !== undefined && (typeof id !== 'string' || !/^[0-9A-Za-z]*$/.test(id)))
    report(reading, `${at}.Sid`, 'A Sid may only have letters and digits.', IAM.sid);
  const effect = member(statement, 'Effect');
  if (effect !== 'Allow' && effect !== 'Deny') {
    report(reading, `${at}.Effect`, 'It must be Allow or Deny, in this case.');
    return [];
  }
  const actions = readMatching(statement, 'Action', at, reading);
  for (const name of actions.patterns) checkAction(name, `${at}.Action`, reading);
  const resources = isTrust ? undefined : readMatching(statement, 'Resource', at, reading);
  for (const one of resources?.patterns ?? [])
    if (one !== '*' && !/^arn:(?:[^:]*:){4}.+$/.test(one))
      report(
        reading,
        `${at}.Resource`,
        `${JSON.stringify(one)} is not an ARN.`,
        `Resource ${one} must be in ARN format or "*".`,
      );
  const principals = isTrust
    ? readPrincipals(member(statement, 'Principal'), `${at}.Principal`, reading)
    : [];
  const conditions = readConditions(member(statement, 'Condition'), `${at}.Condition`, reading);
  return [{ at, effect, principals, actions, resources, conditions }];
}

function refuseStrays(object: JsonObject, known: readonly string[], prefix: string, reading: Reading): void {
  const isTrust = reading.kind === 'trust';
  for (const name of Object.keys(object)) {
    if (known.includes(name)) continue;
    const isProhibited = (isTrust ? OF_OTHERS : OF_TRUST).includes(name);
    const why = !isProhibited
      ? name === 'NotPrincipal'
        ? 'A trust policy cannot have NotPrincipal.'
        : 'A policy of this kind has no such element; names are case-sensitive.'
      : isTrust
        ? 'A trust policy has no resource: it is the role itself.'
        : 'Only a trust policy has principals.';
    report(reading, `${prefix}${name}`, why, isProhibited ? `Has prohibited field ${name}` : undefined);
  }
}

function readMatching(
  statement: JsonObject,
  name: 'Action' | 'Resource',
  at: string,
  reading: Reading,
): Matching {
  const [plain, negated] = [member(statement, name), member(statement, `Not${name}`)];
  if ((plain === undefined) === (negated === undefined))
    report(
      reading,
      `${at}.${name}`,
      `A statement has one of ${name} and Not${name}.`,
      plain === undefined ? `Policy statement must contain ${name.toLowerCase()}s.` : undefined,
    );
  const patterns = readStrings(plain ?? negated ?? [], `${at}.${name}`, reading);
  return { patterns, isNegated: plain === undefined };
}

/** `sts:*` is more than a trust policy may allow; `sts:AssumeRole*` is not. */
function checkAction(name: string, at: string, reading: Reading): void {
  const shown = JSON.stringify(name);
  const isTrust = reading.kind === 'trust';
  if (!/^(?:\*|[\w-]+:[\w*?]+)$/.test(name))
    report(
      reading,
      at,
      `${shown} is not an action; they look like sts:AssumeRoleWithWebIdentity.`,
      NO_VENDOR,
    );
  else if (isTrust && /^(?:\*|sts:[*?].*)$/i.test(name))
    report(
      reading,
      at,
      `${shown} is more than a trust policy may allow; name sts:AssumeRoleWithWebIdentity.`,
      IAM.notSts,
    );
  else if (isTrust && !/^sts:/i.test(name))
    report(reading, at, `${shown} is not of STS; a trust policy has no other actions.`, IAM.notSts);
}

/**
 * The document in what `aws iam get-role` prints, and the role's ARN; a trust policy alone has none. Some clients print
 * the document as text, percent-encoded.
 */
export function unwrapRole(value: JsonObject): {
  readonly document: unknown;
  readonly roleArn: string | undefined;
} {
  const role = isObject(member(value, 'Role')) ? (member(value, 'Role') as JsonObject) : value;
  const inner = member(role, 'AssumeRolePolicyDocument');
  if (inner === undefined) return { document: value, roleArn: undefined };
  return { document: typeof inner === 'string' ? decoded(inner) : inner, roleArn: text(role, 'Arn') };
}

function decoded(document: string): unknown {
  try {
    return JSON.parse(document.startsWith('{') ? document : decodeURIComponent(document)) as unknown;
  } catch {
    return undefined;
  }
}
