/**
 * The expressions of flexible federated credentials, language version 1: comparisons of claims by `eq` and `matches`
 * (`*` for any run, `?` for any one character), joined by `and`.
 * https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials
 */

import type { SubjectClaims } from '@credex/core';
import { fitsPattern } from '../aws/glob.js';
import type { Truth } from '../truth.js';
import { allOf } from '../truth.js';

const COMPARISON = /^\s*claims\[(['"])([^'"]+)\1\]\s+(eq|matches)\s+'((?:[^'\\]|\\.)*)'\s*/i;

/** Longer than Graph takes by far. */
const LONGEST = 8_192;

/** Undefined where it is in no form that is documented. */
export function expressionHolds(expression: string, claims: SubjectClaims): Truth {
  if (expression.length > LONGEST) return undefined;
  const results: Truth[] = [];
  let rest = expression;
  for (;;) {
    const [matched, , name = '', operator = '', wanted = ''] = COMPARISON.exec(rest) ?? [];
    if (matched === undefined) return undefined;
    const presented = Object.hasOwn(claims, name) ? claims[name] : undefined;
    results.push(
      typeof presented === 'string' &&
        (operator.toLowerCase() === 'eq'
          ? presented === wanted
          : fitsPattern(wanted, presented, undefined) === true),
    );
    rest = rest.slice(matched.length);
    if (rest === '') return allOf(results);
    if (!/^and\s/i.test(rest)) return undefined;
    rest = rest.slice('and'.length);
  }
}
