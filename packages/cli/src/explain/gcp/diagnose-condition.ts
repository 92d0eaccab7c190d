/** Which part of an attribute condition is not true of a token, and why. */

import type { SubjectClaims } from '@credex/core';
import type { ClaimKind } from '../differences.js';
import { closest, differences } from '../differences.js';
import type { Check, Finding } from '../explanation.js';
import type { FindingCode } from '../finding-codes.js';
import { finding } from '../findings.js';
import { jsonOf } from '../json.js';
import type { Bindings, CelValue, Conjunct } from './cel.js';

const AT = 'attributeCondition';

const KINDS: ReadonlyMap<string, ClaimKind> = new Map([
  ['assertion.iss', 'issuer'],
  ['assertion.aud', 'audience'],
  ['assertion.sub', 'subject'],
  ['google.subject', 'subject'],
]);

export const conditionCheck = (conjunct: Conjunct, bindings: Bindings): Check => ({
  at: AT,
  what: conjunct.paths.join(', ') || 'condition',
  wanted: conjunct.source,
  presented: conjunct.paths.map((path) => shown(valueAt(path, bindings))).join(', ') || undefined,
  result: conjunct.run(bindings) === true ? 'match' : 'mismatch',
});

/** What it means that such a claim differs. */
const PARTS: ReadonlyMap<string, FindingCode> = new Map([
  ['assertion.environment', 'environment_differs'],
  ['assertion.project', 'project_differs'],
  ['assertion.project_id', 'project_differs'],
  ['assertion.owner', 'team_differs'],
  ['assertion.owner_id', 'team_differs'],
]);

const shown = (value: unknown): string => (typeof value === 'string' ? value : (jsonOf(value) ?? 'nothing'));

export function diagnoseConjunct(
  conjunct: Conjunct,
  bindings: Bindings,
  claims: SubjectClaims,
): readonly Finding[] {
  const value = conjunct.run(bindings);
  if (value === true) return [];
  const missing = conjunct.paths.filter((path) => valueAt(path, bindings) === undefined);
  if (missing.length > 0)
    return [
      ...missing.map((path) => missingName(path, claims)),
      ...(value === false
        ? [finding('condition_false', AT, `\`${conjunct.source}\` is false for this token.`)]
        : []),
    ];
  if (value !== false && value !== undefined)
    return [
      finding(
        'condition_not_boolean',
        AT,
        `\`${conjunct.source}\` gives ${kindOf(value)}, not true or false.`,
      ),
    ];
  const { comparison } = conjunct;
  const presented = comparison === undefined ? undefined : valueAt(comparison.path, bindings);
  if (comparison === undefined || typeof presented !== 'string' || comparison.wanted.length === 0)
    return [
      finding(
        'condition_false',
        AT,
        `\`${conjunct.source}\` ${value === false ? 'is false' : 'fails'} for this token.`,
      ),
    ];
  const kind = KINDS.get(comparison.path) ?? 'other';
  return [
    finding(
      'condition_false',
      AT,
      `\`${conjunct.source}\` is false: \`${comparison.path}\` is ${JSON.stringify(presented)}.`,
    ),
    ...closest(comparison.wanted.map((wanted) => differences(kind, wanted, presented, claims))).flatMap(
      ({ code, message }) => {
        const named = code === 'value_differs' ? PARTS.get(comparison.path) : code;
        return named === undefined ? [] : [finding(named, AT, message)];
      },
    ),
  ];
}

const kindOf = (value: CelValue): string =>
  typeof value === 'string' ? 'a text' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;

function valueAt(path: string, bindings: Bindings): unknown {
  const dot = path.indexOf('.');
  const values = bindings[path.slice(0, dot)] ?? {};
  const name = path.slice(dot + 1);
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** Also for the mapping: an expression that reads a claim which isn't there. */
export function missingName(path: string, claims: SubjectClaims, at: string = AT): Finding {
  const [root, ...rest] = path.split('.');
  const name = rest.join('.');
  if (root !== 'assertion')
    return finding(
      'attribute_not_mapped',
      at,
      `\`${path}\` is not mapped, so that nothing can be compared with it.`,
    );
  const close = Object.keys(claims).find((claim) => distance(claim, name) <= 2);
  return finding(
    'no_such_claim',
    at,
    `The token has no claim \`${name}\`${close === undefined ? '.' : `; did you mean \`${close}\`?`}`,
  );
}

/** Letters to change, add or leave out: two at most are a slip. */
function distance(one: string, other: string): number {
  const tooFar = Math.max(one.length, other.length);
  if (tooFar > 40 || Math.abs(one.length - other.length) > 2) return tooFar;
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of Array.from(one).entries()) {
    const next = [at + 1];
    for (let index = 1; index <= other.length; index += 1)
      next.push(
        Math.min(
          (row[index] as number) + 1,
          (next[index - 1] as number) + 1,
          (row[index - 1] as number) + (letter === other[index - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row.at(-1) as number;
}
