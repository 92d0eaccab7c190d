/**
 * The condition operators of IAM, by their documentation.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */

import { allOf, anyOf, negated, type Truth } from '../truth.js';
import { fitsFilled, fitsPattern, fitsText, hasVariable } from './glob.js';
import type { KeyValue, Lookup } from './request-keys.js';

/** IP addresses and ranges as conditions write them: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32` (RFC 4632, RFC 4291). */

interface Address {
  readonly value: bigint;
  /** 32 or 128 bits. */
  readonly width: number;
}

interface IpRange extends Address {
  /** Leading bits that are compared. */
  readonly prefix: number;
}

/** Undefined if the text is neither an address nor a range. */
export function ipRangeOf(text: string): IpRange | undefined {
  const [, host = '', length] = /^([\d.a-f:]{2,45})(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const address = addressOf(host);
  const prefix = length === undefined ? address?.width : Number(length);
  return address === undefined || prefix === undefined || prefix > address.width
    ? undefined
    : { ...address, prefix };
}

export function isInRange(text: string, range: IpRange): boolean {
  const address = addressOf(text);
  const rest = BigInt(range.width - range.prefix);
  return address?.width === range.width && address.value >> rest === range.value >> rest;
}

function addressOf(text: string): Address | undefined {
  if (!text.includes(':')) return fromBytes(text);
  const [before = '', after, ...more] = text.split('::');
  const [head, tail] = [groupsOf(before), groupsOf(after ?? '')];
  const missing = 8 - head.length - tail.length;
  if (more.length > 0 || (after === undefined ? missing !== 0 : missing < 1)) return undefined;
  return joined([...head, ...Array.from({ length: missing }, () => 0), ...tail], 16);
}

function fromBytes(text: string): Address | undefined {
  const parts = text.split('.');
  const isAddress = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part));
  return isAddress ? joined(parts.map(Number), 8) : undefined;
}

/** Groups of 16 bits; the last 32 may be written as an address of version 4. NaN: not a group. */
function groupsOf(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    const last = group.includes('.') ? fromBytes(group) : undefined;
    if (last !== undefined) return [Number(last.value >> 16n), Number(last.value & 0xffffn)];
    return /^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN;
  });
}

function joined(parts: readonly number[], bits: number): Address | undefined {
  if (!parts.every((part) => part < 2 ** bits)) return undefined;
  const value = parts.reduce((sum, part) => (sum << BigInt(bits)) | BigInt(part), 0n);
  return { value, width: parts.length * bits };
}

/** A comparison of one value of the request with one of the policy. */
type Compare = (presented: string, wanted: string, lookup: Lookup | undefined) => Truth;

export interface Operator {
  readonly name: string;
  /** Without its set prefix, its negation and `IfExists`: `StringEquals`. */
  readonly base: string;
  readonly set: 'ForAnyValue' | 'ForAllValues' | undefined;
  readonly ifExists: boolean;
  readonly isNegated: boolean;
  /** Whether a policy may have this value. */
  accepts(value: string): boolean;
  test(presented: KeyValue, wanted: readonly string[], lookup: Lookup | undefined): Truth;
}

const text: Compare = (presented, wanted, lookup) => fitsText(wanted, presented, lookup);
const anyCase: Compare = (presented, wanted, lookup) =>
  fitsFilled(wanted, lookup, (filled) => filled.toLowerCase() === presented.toLowerCase());
const pattern: Compare = (presented, wanted, lookup) => fitsPattern(wanted, presented, lookup);
const address: Compare = (presented, wanted, lookup) =>
  fitsFilled(wanted, lookup, (filled) => {
    const range = ipRangeOf(filled);
    return range !== undefined && isInRange(presented, range);
  });
/** Both sides are Base64; the bytes are compared. */
const bytes: Compare = (presented, wanted) => BASE64.test(presented) && atob(presented) === atob(wanted);

const isBoolean = (value: string): boolean => /^(?:true|false)$/i.test(value);
const isNumber = (value: string): boolean => value.trim() !== '' && Number.isFinite(Number(value));
const moment = (value: string): number => (/^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value));
const isMoment = (value: string): boolean => Number.isFinite(moment(value));

/** An ARN's first five parts are compared one by one: a wildcard doesn't reach over a colon. */
const arn: Compare = (presented, wanted, lookup) => {
  const [theirs, mine] = [presented.split(':'), wanted.split(':')];
  if (theirs.length < 6 || mine.length < 6) return false;
  return allOf([
    ...mine.slice(0, 5).map((part, index) => fitsPattern(part, theirs[index] ?? '', lookup)),
    fitsPattern(mine.slice(5).join(':'), theirs.slice(5).join(':'), lookup),
  ]);
};

interface Base {
  readonly compare: Compare;
  readonly accepts?: (value: string) => boolean;
}

const ordered =
  (read: (value: string) => number, accepts: (value: string) => boolean) =>
  (holds: (presented: number, wanted: number) => boolean): Base => ({
    compare: (presented, wanted) => accepts(presented) && holds(read(presented), read(wanted)),
    accepts,
  });
const number = ordered(Number, isNumber);
const date = ordered(moment, isMoment);

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** An address, a range, or a variable. */
const isAddress = (value: string): boolean => hasVariable(value) || ipRangeOf(value) !== undefined;

const BASES: ReadonlyMap<string, Base> = new Map<string, Base>([
  ['StringEquals', { compare: text }],
  ['StringEqualsIgnoreCase', { compare: anyCase }],
  ['StringLike', { compare: pattern }],
  ['NumericEquals', number((presented, wanted) => presented === wanted)],
  ['NumericLessThan', number((presented, wanted) => presented < wanted)],
  ['NumericLessThanEquals', number((presented, wanted) => presented <= wanted)],
  ['NumericGreaterThan', number((presented, wanted) => presented > wanted)],
  ['NumericGreaterThanEquals', number((presented, wanted) => presented >= wanted)],
  ['DateEquals', date((presented, wanted) => presented === wanted)],
  ['DateLessThan', date((presented, wanted) => presented < wanted)],
  ['DateLessThanEquals', date((presented, wanted) => presented <= wanted)],
  ['DateGreaterThan', date((presented, wanted) => presented > wanted)],
  ['DateGreaterThanEquals', date((presented, wanted) => presented >= wanted)],
  ['Bool', { compare: anyCase, accepts: isBoolean }],
  ['BinaryEquals', { compare: bytes, accepts: (value) => BASE64.test(value) }],
  ['IpAddress', { compare: address, accepts: isAddress }],
  ['ArnEquals', { compare: arn }],
  ['ArnLike', { compare: arn }],
]);

/** The operators that have a negation, and its name. */
const NEGATIONS: ReadonlyMap<string, string> = new Map([
  ['StringNotEquals', 'StringEquals'],
  ['StringNotEqualsIgnoreCase', 'StringEqualsIgnoreCase'],
  ['StringNotLike', 'StringLike'],
  ['NumericNotEquals', 'NumericEquals'],
  ['DateNotEquals', 'DateEquals'],
  ['NotIpAddress', 'IpAddress'],
  ['ArnNotEquals', 'ArnEquals'],
  ['ArnNotLike', 'ArnLike'],
]);

/** Undefined where IAM has no operator of this name. Names are case-sensitive. */
export function operatorOf(name: string): Operator | undefined {
  if (name === 'Null') return NULL;
  const [, set, rest = ''] = /^(?:(ForAnyValue|ForAllValues):)?(.+)$/.exec(name) ?? [];
  const plain = rest.replace(/IfExists$/, '');
  const baseName = NEGATIONS.get(plain) ?? plain;
  const base = BASES.get(baseName);
  if (base === undefined) return undefined;
  const operator = {
    name,
    base: baseName,
    set: set as Operator['set'],
    ifExists: rest !== plain,
    isNegated: baseName !== plain,
  };
  return {
    ...operator,
    accepts: base.accepts ?? (() => true),
    test: (presented, wanted, lookup) => test(operator, base.compare, presented, wanted, lookup),
  };
}

const NULL: Operator = {
  name: 'Null',
  base: 'Null',
  set: undefined,
  ifExists: false,
  isNegated: false,
  accepts: isBoolean,
  test: (presented, wanted) =>
    presented === 'unknown' ? undefined : wanted.some((value) => isTrue(value) === (presented === 'absent')),
};
const isTrue = (value: string): boolean => value.toLowerCase() === 'true';

function test(
  { set, ifExists, isNegated }: Pick<Operator, 'set' | 'ifExists' | 'isNegated'>,
  compare: Compare,
  presented: KeyValue,
  wanted: readonly string[],
  lookup: Lookup | undefined,
): Truth {
  if (presented === 'unknown') return undefined;
  if (presented === 'absent') {
    // Of the two together the documents say nothing that agrees: IfExists is true, ForAnyValue false.
    if (ifExists) return set === 'ForAnyValue' ? undefined : true;
    if (set !== undefined) return set === 'ForAllValues';
    return isNegated;
  }
  const fits = presented.map((one) => {
    const found = anyOf(wanted.map((value) => compare(one, value, lookup)));
    return isNegated ? negated(found) : found;
  });
  if (set === 'ForAllValues') return allOf(fits);
  if (set === 'ForAnyValue') return anyOf(fits);
  return isNegated ? allOf(fits) : anyOf(fits);
}
