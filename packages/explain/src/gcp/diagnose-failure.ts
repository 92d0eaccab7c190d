/** Why an expression of CEL gives no value for a token: the part that fails first. */

import type { TokenClaims } from '../claims.js';
import { finding, type Finding } from '../findings.js';
import { jsonOf } from '../json.js';
import { callOf, elementsOf, pathOf, partsOf, type CelExpr } from './cel-tree.js';
import type { CelValue, Evaluation, Expression, Program } from './cel.js';

/** One expression held against one token. */
export interface Scene {
  /** `attributeCondition`, or the mapping of an attribute. */
  readonly at: string;
  readonly expression: Expression;
  readonly evaluate: (expr: CelExpr) => Evaluation;
  readonly claims: TokenClaims;
  readonly mapping: ReadonlyMap<string, Program>;
  /** Why an attribute that is mapped has no value; empty where it has one or isn't mapped. */
  readonly whyUnmapped: (target: string) => readonly Finding[];
}

/** Every part that fails and is not caused by another one that does; empty where the expression gives a value. */
export function whyItFails(expr: CelExpr, scene: Scene): readonly Finding[] {
  if (scene.evaluate(expr).failure === undefined) return [];
  const path = pathOf(expr);
  if (path !== undefined) return missingName(path, scene);
  const call = callOf(expr);
  const parts = call?.name === '_?_:_' ? takenOf(call.args, scene) : partsOf(expr);
  const causes = parts.flatMap((part) => whyItFails(part, scene));
  return causes.length > 0 ? causes : [ofNode(expr, scene)];
}

/** The parts of `a ? b : c` that are evaluated. */
function takenOf(args: readonly CelExpr[], { evaluate }: Scene): readonly CelExpr[] {
  const [condition, yes, no] = args;
  if (condition === undefined || yes === undefined || no === undefined) return args;
  const { value } = evaluate(condition);
  return value === true ? [yes] : value === false ? [no] : [condition];
}

/** A claim that is missing, or an attribute without a value. */
export function missingName(path: string, { at, claims, whyUnmapped }: Scene): readonly Finding[] {
  const dot = path.indexOf('.');
  const name = path.slice(dot + 1);
  if (path.slice(0, dot) !== 'assertion') {
    const why = whyUnmapped(path);
    if (why.length > 0) return why;
    const message = `\`${path}\` is not mapped, so that nothing can be compared with it.`;
    return [finding('attribute_not_mapped', at, message)];
  }
  const close = Object.keys(claims).find((claim) => distance(claim, name) <= Math.min(2, name.length / 2));
  const guess = close === undefined ? '.' : `; did you mean \`${close}\`?`;
  return [finding('no_such_claim', at, `The token has no claim \`${name}\`${guess}`)];
}

/** Its parts have values, and it has none. */
function ofNode(expr: CelExpr, scene: Scene): Finding {
  const { at, expression, evaluate } = scene;
  const written = `\`${expression.write(expr)}\``;
  const { failure = '' } = evaluate(expr);
  const { exprKind: kind } = expr;
  if (kind.case === 'selectExpr' && kind.value.operand !== undefined)
    return finding(
      'no_such_claim',
      at,
      `\`${expression.write(kind.value.operand)}\` has no member \`${kind.value.field}\`.`,
    );
  const call = callOf(expr);
  const [first, second] = call?.args ?? [];
  const subject = call?.name === '@in' ? second : (call?.target ?? first);
  if (call === undefined || subject === undefined) return plainFailure(at, written, failure);
  const { value } = evaluate(subject);
  if (call.name === '_[_]' && Array.isArray(value) && second !== undefined)
    return finding(
      'cel_error',
      at,
      `\`${expression.write(subject)}\` has ${value.length} elements, and none at ${shownValue(evaluate(second).value)}: the first is at 0.`,
    );
  if (!failure.includes('overload') || elementsOf(subject) !== undefined)
    return plainFailure(at, written, failure);
  return call.name === '@in' || Array.isArray(value)
    ? wrongType(subject, value, scene)
    : finding(
        'type_differs',
        at,
        `${written} fails: \`${expression.write(subject)}\` is ${kindOf(value)}, ${shownValue(value)}.`,
      );
}

const plainFailure = (at: string, written: string, failure: string): Finding =>
  finding('cel_error', at, `${written} ends with an error: ${failure}.`);

/** A list where a text is wanted, or a text where a list is. */
export function wrongType(subject: CelExpr, value: CelValue, { at, expression }: Scene): Finding {
  const written = expression.write(subject);
  const says = Array.isArray(value)
    ? `is a list, ${shownValue(value)}: look in it by \`'value' in ${written}\``
    : typeof value === 'string'
      ? `is a text, ${shownValue(value)}: \`in\` looks in lists, \`contains\` in texts`
      : `is ${kindOf(value)}, ${shownValue(value)}, not a text`;
  return finding('type_differs', at, `\`${written}\` ${says}.`);
}

export const shownValue = (value: CelValue): string => {
  const text = jsonOf(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};

export const kindOf = (value: CelValue): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'boolean':
      return 'a boolean';
    case 'number':
    case 'bigint':
      return 'a number';
    default:
      return 'an object';
  }
};

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
