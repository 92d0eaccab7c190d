import { fillVariables, matchesPattern, type VariableLookup } from './wildcards.js';

/** What the request says of one key; undefined where the key is absent. */
export type ContextValues = readonly string[] | undefined;

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
      if (set === 'ForAllValues') return (context ?? []).every(fits);
      if (set === 'ForAnyValue') return (context ?? []).some(fits);
      if (context === undefined) return negated;
      return negated ? context.every(fits) : context.some(fits);
    },
  };
}
