/** A role's trust policy, read: what IAM keeps becomes statements, what IAM refuses becomes a problem. */

import { isObject, listOf, member, text, textsOf } from '../json.js';
import type { JsonObject } from '../json.js';
import type { Operator } from './operators.js';
import { operatorOf } from './operators.js';
import { hasPlaceholder, isIntrinsic } from './template-value.js';

export interface Principal {
  /** `Federated`, `AWS`, `Service`, `CanonicalUser`, or `*` for everyone. */
  readonly type: string;
  readonly value: string;
  /** A template computes it when it is deployed: `value` is its source. */
  readonly isComputed?: boolean;
}

export interface Condition {
  readonly at: string;
  readonly operator: Operator;
  readonly key: string;
  readonly values: readonly string[];
  /** Values that a template computes when it is deployed, as their source. */
  readonly computed: readonly string[];
}

export interface Statement {
  readonly at: string;
  readonly effect: 'Allow' | 'Deny';
  readonly principals: readonly Principal[];
  readonly actions: readonly string[];
  /** `NotAction`: all but these. */
  readonly isNotAction: boolean;
  readonly conditions: readonly Condition[];
}

export interface Problem {
  readonly at: string;
  readonly message: string;
}

export interface TrustPolicy {
  readonly statements: readonly Statement[];
  /** Policy variables came with version 2012-10-17. */
  readonly hasVariables: boolean;
  readonly problems: readonly Problem[];
  /** What IAM keeps, and would not take today. */
  readonly notes: readonly Problem[];
  /** Characters as IAM counts them: without white space. */
  readonly length: number;
}

/** Longer than a whole trust policy may be. */
const LONGEST_TEXT = 8_192;

type Report = (at: string, message: string) => void;

export function readTrustPolicy(document: JsonObject): TrustPolicy {
  const problems: Problem[] = [];
  const notes: Problem[] = [];
  const report: Report = (at, message) => problems.push({ at, message });
  const note: Report = (at, message) => notes.push({ at, message });
  refuseStrays(document, ['Version', 'Id', 'Statement'], '', report);
  const version = member(document, 'Version') ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17')
    report('Version', 'It must be 2012-10-17 or 2008-10-17.');
  const statement = member(document, 'Statement');
  const list = statement === undefined ? [] : listOf(statement);
  if (list.length === 0) report('Statement', 'It is missing or empty.');
  const ids = list
    .filter(isObject)
    .flatMap((one) => textsOf(member(one, 'Sid') ?? []))
    .filter((id) => id !== '');
  if (new Set(ids).size < ids.length) report('Statement', 'Two statements have the same Sid.');
  return {
    statements: list.flatMap((one, index) => {
      const at = Array.isArray(statement) ? `Statement[${index}]` : 'Statement';
      if (isObject(one)) return readStatement(one, at, report, note);
      report(at, 'It must be an object.');
      return [];
    }),
    hasVariables: version === '2012-10-17',
    problems,
    notes,
    length: JSON.stringify(document).replace(/\s/g, '').length,
  };
}

function readStatement(statement: JsonObject, at: string, report: Report, note: Report): Statement[] {
  refuseStrays(
    statement,
    ['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Condition'],
    `${at}.`,
    report,
  );
  const id = member(statement, 'Sid');
  if (id !== undefined && (typeof id !== 'string' || !/^[0-9A-Za-z]*$/.test(id)))
    report(`${at}.Sid`, 'A Sid has letters and digits alone.');
  const effect = member(statement, 'Effect');
  if (effect !== 'Allow' && effect !== 'Deny') {
    report(`${at}.Effect`, 'It must be Allow or Deny, in this case.');
    return [];
  }
  const [action, notAction] = [member(statement, 'Action'), member(statement, 'NotAction')];
  if ((action === undefined) === (notAction === undefined))
    report(`${at}.Action`, 'A statement has one of Action and NotAction.');
  const actions = strings(action ?? notAction ?? [], `${at}.Action`, report);
  for (const name of actions)
    if (/^(?:\*|sts:[*?].*)$/i.test(name))
      report(
        `${at}.Action`,
        `${JSON.stringify(name)} is more than a trust policy may allow; name sts:AssumeRoleWithWebIdentity.`,
      );
    else if (/^(?!sts:)[\w-]+:/i.test(name))
      report(`${at}.Action`, `${JSON.stringify(name)} is not of STS; a trust policy has no other actions.`);
    else if (!/^(?:\*|[\w-]+:[\w*?]+)$/.test(name))
      report(
        `${at}.Action`,
        `${JSON.stringify(name)} is no action; they look like sts:AssumeRoleWithWebIdentity.`,
      );
  return [
    {
      at,
      effect,
      principals: readPrincipals(member(statement, 'Principal'), `${at}.Principal`, report, note),
      actions,
      isNotAction: action === undefined,
      conditions: readConditions(member(statement, 'Condition'), `${at}.Condition`, report),
    },
  ];
}

function refuseStrays(object: JsonObject, known: readonly string[], prefix: string, report: Report): void {
  for (const name of Object.keys(object)) {
    if (known.includes(name)) continue;
    const why = /^(?:Not)?Resource$/.test(name)
      ? 'A trust policy has no resource: it is the role itself.'
      : name === 'NotPrincipal'
        ? 'A trust policy can not have NotPrincipal.'
        : 'A trust policy has no such element; names are case-sensitive.';
    report(`${prefix}${name}`, why);
  }
}

function strings(value: unknown, at: string, report: Report): readonly string[] {
  const list = listOf(value);
  if (list.length === 0) report(at, 'It is missing or empty.');
  return list.flatMap((one) => {
    if (typeof one === 'string' && one !== '' && one.length <= LONGEST_TEXT) return [one];
    report(at, `It must be text of up to ${LONGEST_TEXT} characters, or a list of such.`);
    return [];
  });
}

const PRINCIPALS: ReadonlyMap<string, RegExp> = new Map([
  [
    'AWS',
    /^(?:\*|\d{12}|arn:[\w-]+:(?:iam|sts)::\d{12}:(?:root|(?:user|role|assumed-role|federated-user)\/.+))$/,
  ],
  ['Federated', /^(?:arn:[\w-]+:iam::\d{12}:(?:oidc|saml)-provider\/.+|[\w-]+(?:\.[\w-]+)+)$/],
  ['Service', /^[\w.-]+$/],
  ['CanonicalUser', /^[0-9a-f]{64}$/],
]);

/** What IAM shows in place of the ARN of a role or user that was deleted. */
const DELETED = /^(?:AROA|AIDA)[A-Z0-9]{8,32}$/;

function readPrincipals(value: unknown, at: string, report: Report, note: Report): readonly Principal[] {
  if (isIntrinsic(value)) return [{ type: 'Federated', value: JSON.stringify(value), isComputed: true }];
  if (value === '*') return [{ type: '*', value: '*' }];
  if (!isObject(value) || Object.keys(value).length === 0) {
    report(at, 'A trust policy names who may assume the role: {"Federated": "arn:…"}.');
    return [];
  }
  return Object.entries(value).flatMap(([type, names]) => {
    const grammar = PRINCIPALS.get(type);
    if (grammar === undefined) {
      report(
        `${at}.${type}`,
        'There is no such type of principal; the types are Federated, AWS, Service and CanonicalUser.',
      );
      return [];
    }
    const [computed, given] = parted(names);
    const plain = given.length === 0 && computed.length > 0 ? [] : strings(given, `${at}.${type}`, report);
    return [
      ...computed.map((source): Principal => ({ type, value: source, isComputed: true })),
      ...plain.map((name): Principal => {
        const isComputed = hasPlaceholder(name);
        if (type === 'AWS' && DELETED.test(name))
          note(`${at}.${type}`, `${name} is the id of a role or user that was deleted; it lets nobody in.`);
        else if (!isComputed && !grammar.test(name))
          report(`${at}.${type}`, `IAM takes no principal ${JSON.stringify(name)} here.`);
        return isComputed ? { type, value: name, isComputed } : { type, value: name };
      }),
    ];
  });
}

/** The source of what a template computes, and the rest as it is. */
function parted(value: unknown): readonly [readonly string[], readonly unknown[]] {
  const list = listOf(value);
  return [
    list.filter(isIntrinsic).map((one) => JSON.stringify(one)),
    list.filter((one) => !isIntrinsic(one)),
  ];
}

function readConditions(value: unknown, at: string, report: Report): readonly Condition[] {
  if (value === undefined) return [];
  if (!isObject(value)) {
    report(at, 'It must be an object of operators.');
    return [];
  }
  return Object.entries(value).flatMap(([name, block]) => {
    const operator = operatorOf(name);
    if (operator === undefined || !isObject(block)) {
      report(
        `${at}.${name}`,
        operator === undefined
          ? 'IAM has no such condition operator; names are case-sensitive.'
          : 'It must be an object of keys.',
      );
      return [];
    }
    return Object.entries(block).map(([key, wanted]): Condition => {
      const place = `${at}.${name}`;
      if (!key.includes(':'))
        report(place, `${JSON.stringify(key)} is no condition key: one has a prefix and a colon.`);
      const [computed, given] = parted(wanted);
      const values = given.flatMap((one) => {
        if (['string', 'number', 'boolean'].includes(typeof one) && String(one).length <= LONGEST_TEXT)
          return [String(one)];
        report(
          place,
          `The value of ${JSON.stringify(key)} must be text of up to ${LONGEST_TEXT} characters.`,
        );
        return [];
      });
      for (const one of values)
        if (!operator.accepts(one)) report(place, `${name} can not compare with ${JSON.stringify(one)}.`);
      return { at: place, operator, key, values, computed };
    });
  });
}

/**
 * The document in what `aws iam get-role` prints, and the role's ARN; a bare trust policy has none. Some clients
 * give the document as text, percent-encoded.
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
