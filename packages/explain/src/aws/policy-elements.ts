/** The parts of a policy that are read alike in each statement: lists of texts, principals and conditions. */

import { isObject, listOf } from '../json.js';
import type { Operator } from './operators.js';
import { operatorOf } from './operators.js';

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

export interface Problem {
  readonly at: string;
  readonly message: string;
  /** What IAM says, if that is more than "Syntax errors in policy." */
  readonly answer?: string | undefined;
}

export interface PolicyKind {
  readonly kind: 'trust' | 'identity' | 'session';
  /** CloudFormation's functions and `${…}` in an ARN are values that are computed later. Default: false. */
  readonly isTemplate?: boolean;
}

/** The kind of policy that is read, and what is wrong with it. */
export interface Reading extends PolicyKind {
  readonly problems: Problem[];
  readonly notes: Problem[];
}

export const report = ({ problems }: Reading, at: string, message: string, answer?: string): void =>
  void problems.push({ at, message, answer });

export const NO_VENDOR = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.';

/** Longer than any policy of IAM may be. */
const LONGEST_TEXT = 8_192;

export function readStrings(value: unknown, at: string, reading: Reading): readonly string[] {
  const list = listOf(value);
  if (list.length === 0) report(reading, at, 'It is missing or empty.');
  return list.flatMap((one) => {
    if (typeof one === 'string' && one !== '' && one.length <= LONGEST_TEXT) return [one];
    report(reading, at, `It must be text of up to ${LONGEST_TEXT} characters, or a list of such.`);
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

export function readPrincipals(value: unknown, at: string, reading: Reading): readonly Principal[] {
  const { isTemplate = false, notes } = reading;
  if (isTemplate && isIntrinsic(value))
    return [{ type: 'Federated', value: JSON.stringify(value), isComputed: true }];
  if (value === '*') return [{ type: '*', value: '*' }];
  if (!isObject(value) || Object.keys(value).length === 0) {
    const answer = value === undefined ? 'Missing required field Principal' : undefined;
    report(reading, at, 'A trust policy names who may assume the role: {"Federated": "arn:…"}.', answer);
    return [];
  }
  return Object.entries(value).flatMap(([type, names]) => {
    const grammar = PRINCIPALS.get(type);
    if (grammar === undefined) {
      report(
        reading,
        `${at}.${type}`,
        'There is no such type of principal; the types are Federated, AWS, Service and CanonicalUser.',
      );
      return [];
    }
    const [computed, given] = parted(names, reading);
    const plain =
      given.length === 0 && computed.length > 0 ? [] : readStrings(given, `${at}.${type}`, reading);
    return [
      ...computed.map((source): Principal => ({ type, value: source, isComputed: true })),
      ...plain.map((name): Principal => {
        if (isTemplate && /\$\{[^}]*\}/.test(name)) return { type, value: name, isComputed: true };
        const answer = `Invalid principal in policy: "${type}":"${name}"`;
        if (type === 'AWS' && DELETED.test(name))
          notes.push({
            at: `${at}.${type}`,
            message: `${name} is the id of a role or user that was deleted; it matches no caller.`,
            answer,
          });
        else if (!grammar.test(name))
          report(
            reading,
            `${at}.${type}`,
            `IAM does not accept the principal ${JSON.stringify(name)} here.`,
            answer,
          );
        return { type, value: name };
      }),
    ];
  });
}

/** `{"Ref": …}`, `{"Fn::Sub": …}` and their like: CloudFormation computes them when the template is deployed. */
function isIntrinsic(value: unknown): boolean {
  const [name, ...rest] = isObject(value) ? Object.keys(value) : [];
  return name !== undefined && rest.length === 0 && /^(?:Ref|Fn::\w+)$/.test(name);
}

/** The source of what a template computes, and the rest as it is. */
function parted(
  value: unknown,
  { isTemplate = false }: Reading,
): readonly [readonly string[], readonly unknown[]] {
  const list = listOf(value);
  if (!isTemplate) return [[], list];
  return [
    list.filter(isIntrinsic).map((one) => JSON.stringify(one)),
    list.filter((one) => !isIntrinsic(one)),
  ];
}

export function readConditions(value: unknown, at: string, reading: Reading): readonly Condition[] {
  if (value === undefined) return [];
  if (!isObject(value)) {
    report(reading, at, 'It must be an object of operators.');
    return [];
  }
  return Object.entries(value).flatMap(([name, block]) => {
    const place = `${at}.${name}`;
    const operator = operatorOf(name);
    if (operator !== undefined && isObject(block))
      return Object.entries(block).map(([key, wanted]) =>
        readCondition(operator, key, wanted, place, reading),
      );
    report(
      reading,
      place,
      operator === undefined
        ? 'IAM has no such condition operator; names are case-sensitive.'
        : 'It must be an object of keys.',
    );
    return [];
  });
}

function readCondition(
  operator: Operator,
  key: string,
  wanted: unknown,
  at: string,
  reading: Reading,
): Condition {
  const shown = JSON.stringify(key);
  if (!key.includes(':'))
    report(reading, at, `${shown} is not a condition key: one has a prefix and a colon.`, NO_VENDOR);
  const [computed, given] = parted(wanted, reading);
  const values = given.flatMap((one) => {
    if (['string', 'number', 'boolean'].includes(typeof one) && String(one).length <= LONGEST_TEXT)
      return [String(one)];
    report(reading, at, `The value of ${shown} must be text of up to ${LONGEST_TEXT} characters.`);
    return [];
  });
  for (const one of values)
    if (!operator.accepts(one))
      report(reading, at, `${operator.name} cannot compare with ${JSON.stringify(one)}.`);
  return { at, operator, key, values, computed };
}
