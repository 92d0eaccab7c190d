import { BlockList, isIP } from 'node:net';
import { fillVariables, matchesPattern, type VariableLookup } from './wildcards.js';

/** What the request says of one key; undefined where the key is absent. */
export type ContextValues =
  | {
      readonly values: readonly string[];
      /** A key that may have several values, however many it has: only a set operator compares it. */
      readonly isMultivalued: boolean;
    }
  | undefined;

/** A condition operator with its prefix and suffix: `ForAnyValue:StringLikeIfExists`. */
export interface ConditionOperator {
  readonly name: string;
  /** Whether a policy may compare with this value (a date, a number, `true`). */
  accepts(value: string): boolean;
  /** Whether the request's values fit the policy's. */
  test(context: ContextValues, values: readonly string[], variables: VariableLookup | undefined): boolean;
}

type Compare = (context: string, value: string, variables: VariableLookup | undefined) => boolean;

interface Base {
  readonly compare: Compare;
  readonly negated?: boolean;
  readonly accepts?: (value: string) => boolean;
}

const filled =
  (compare: (context: string, value: string) => boolean): Compare =>
  (context, value, variables) => {
    const text = variables === undefined ? value : fillVariables(value, variables);
    return text !== undefined && compare(context, text);
  };

const equals = filled((context, value) => context === value);
const equalsIgnoringCase = filled((context, value) => context.toLowerCase() === value.toLowerCase());
const like: Compare = (context, value, variables) => matchesPattern(value, context, { variables });
/** Colons part an ARN: a wildcard doesn't reach over them. */
const arnLike: Compare = (context, value, variables) => {
  const [asked, given] = [value.split(':'), context.split(':')];
  const [askedParts, givenParts] = [asked.slice(0, 5), given.slice(0, 5)];
  if (given.length < 6 || asked.length < 6) return false;
  return (
    askedParts.every((part, index) => matchesPattern(part, givenParts[index] ?? '', { variables })) &&
    matchesPattern(asked.slice(5).join(':'), given.slice(5).join(':'), { variables })
  );
};

/** An address, or a range as `203.0.113.0/24`. */
function addressRange(text: string): BlockList | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  const widest = family === 6 ? 128 : 32;
  if (family === 0 || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix)))
    return undefined;
  const length = prefix === undefined ? widest : Number(prefix);
  if (length > widest) return undefined;
  const range = new BlockList();
  range.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
  return range;
}

const ipAddress: Base = {
  compare: filled((context, value) => {
    const family = isIP(context);
    return family !== 0 && addressRange(value)?.check(context, family === 6 ? 'ipv6' : 'ipv4') === true;
  }),
  accepts: (value) => /\$\{/.test(value) || addressRange(value) !== undefined,
};

/** Both sides are Base64; what they stand for is compared. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const binaryEquals: Base = {
  compare: filled(
    (context, value) =>
      BASE64.test(context) && Buffer.from(context, 'base64').equals(Buffer.from(value, 'base64')),
  ),
  accepts: (value) => BASE64.test(value),
};

const isNumber = (value: string): boolean => value.trim() !== '' && Number.isFinite(Number(value));
const instant = (value: string): number => (/^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value));
const isDate = (value: string): boolean => !Number.isNaN(instant(value));

const numeric = (compare: (context: number, value: number) => boolean): Base => ({
  compare: filled((context, value) => isNumber(context) && compare(Number(context), Number(value))),
  accepts: isNumber,
});
const dated = (compare: (context: number, value: number) => boolean): Base => ({
  compare: filled((context, value) => isDate(context) && compare(instant(context), instant(value))),
  accepts: isDate,
});
const not = (base: Base): Base => ({ ...base, negated: true });

const numberEquals = numeric((context, value) => context === value);
const dateEquals = dated((context, value) => context === value);

const BASES: Readonly<Record<string, Base>> = {
  StringEquals: { compare: equals },
  StringNotEquals: not({ compare: equals }),
  StringEqualsIgnoreCase: { compare: equalsIgnoringCase },
  StringNotEqualsIgnoreCase: not({ compare: equalsIgnoringCase }),
  StringLike: { compare: like },
  StringNotLike: not({ compare: like }),
  NumericEquals: numberEquals,
  NumericNotEquals: not(numberEquals),
  NumericLessThan: numeric((context, value) => context < value),
  NumericLessThanEquals: numeric((context, value) => context <= value),
  NumericGreaterThan: numeric((context, value) => context > value),
  NumericGreaterThanEquals: numeric((context, value) => context >= value),
  DateEquals: dateEquals,
  DateNotEquals: not(dateEquals),
  DateLessThan: dated((context, value) => context < value),
  DateLessThanEquals: dated((context, value) => context <= value),
  DateGreaterThan: dated((context, value) => context > value),
  DateGreaterThanEquals: dated((context, value) => context >= value),
  Bool: { compare: equalsIgnoringCase, accepts: (value) => /^(?:true|false)$/i.test(value) },
  BinaryEquals: binaryEquals,
  IpAddress: ipAddress,
  NotIpAddress: not(ipAddress),
  // The two do the same, IAM says: wildcards in both.
  ArnEquals: { compare: arnLike },
  ArnLike: { compare: arnLike },
  ArnNotEquals: not({ compare: arnLike }),
  ArnNotLike: not({ compare: arnLike }),
};

/** The operator of that name; undefined where IAM has none. Names are case-sensitive. */
export function conditionOperator(name: string): ConditionOperator | undefined {
  if (name === 'Null') {
    return {
      name,
      accepts: (value) => /^(?:true|false)$/i.test(value),
      test: (context, values) =>
        values.some((value) => (value.toLowerCase() === 'true') === (context === undefined)),
    };
  }
  const [, set, baseName = '', ifExists] =
    /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? [];
  const base = Object.hasOwn(BASES, baseName) ? BASES[baseName] : undefined;
  if (base === undefined) return undefined;
  const { compare, negated = false } = base;
  return {
    name,
    accepts: base.accepts ?? (() => true),
    test(context, values, variables) {
      const fits = (one: string) => values.some((value) => compare(one, value, variables)) !== negated;
      if (context === undefined && ifExists !== undefined) return true;
      // An absent key fits no comparison, and so fits every negated one; ForAllValues is true of nothing.
      const given = context?.values ?? [];
      if (set === 'ForAllValues') return given.every(fits);
      if (set === 'ForAnyValue') return given.some(fits);
      if (context === undefined) return negated;
      // A scalar operator never matches a multivalued key.
      if (context.isMultivalued) return false;
      return given.every(fits);
    },
  };
}
