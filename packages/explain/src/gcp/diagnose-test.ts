/** Why one test of an attribute condition, such as `==`, `in` or `startsWith`, does not come out as wanted. */

import { closest } from '../differences.js';
import { finding, findingsAt, type Finding, type FindingCode } from '../findings.js';
import { callOf, elementsOf, isConstant, pathOf, testedPathOf, textOf, type CelExpr } from './cel-tree.js';
import type { CelValue } from './cel.js';
import { meaningIn } from './claim-kinds.js';
import { kindOf, missingName, shownValue, wrongType, type Scene } from './diagnose-failure.js';
import { textDifferences, type TextTest } from './text-tests.js';

/** What is tested, and the values one of which it has to be. */
interface Comparison {
  readonly test: TextTest;
  readonly subject: CelExpr;
  readonly wanted: readonly CelValue[];
}

/** Of a test that gave true or false, and not what is wanted. */
export function diagnoseTest(expr: CelExpr, wanted: boolean, scene: Scene): readonly Finding[] {
  const call = callOf(expr);
  if (call?.name === '_!=_') return ofComparison(comparisonOf(expr, scene), expr, !wanted, scene);
  const tested = testedPathOf(expr);
  if (tested !== undefined) return wanted ? missingName(tested, scene) : [isThere(tested, scene)];
  return (
    (call?.name === '@in' ? ofMembership(expr, call.args, wanted, scene) : undefined) ??
    ofComparison(comparisonOf(expr, scene), expr, wanted, scene)
  );
}

const isThere = (path: string, { at }: Scene): Finding =>
  finding('value_differs', at, `The token has \`${path}\`, and the condition wants it absent.`);

const METHODS: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'contains', 'matches']);

function comparisonOf(expr: CelExpr, { evaluate }: Scene): Comparison | undefined {
  const { name = '', target, args: [left, right] = [] } = callOf(expr) ?? {};
  if (METHODS.has(name) && left !== undefined) {
    const [subject, value] = target === undefined ? [left, right] : [target, left];
    if (value === undefined) return undefined;
    return { test: name as TextTest, subject, wanted: [evaluate(value).value] };
  }
  if (left === undefined || right === undefined) return undefined;
  if (name === '_==_' || name === '_!=_') {
    const [subject, value] = isConstant(left) && !isConstant(right) ? [right, left] : [left, right];
    return { test: '==', subject, wanted: [evaluate(value).value] };
  }
  const elements = name === '@in' ? elementsOf(right) : undefined;
  return elements === undefined
    ? undefined
    : { test: '==', subject: left, wanted: elements.map((one) => evaluate(one).value) };
}

function ofComparison(
  comparison: Comparison | undefined,
  expr: CelExpr,
  wanted: boolean,
  scene: Scene,
): readonly Finding[] {
  if (comparison === undefined) return [differs(expr, wanted, scene)];
  const { test, subject } = comparison;
  const { value } = scene.evaluate(subject);
  if (!wanted) return [excluded(subject, value, expr, scene)];
  const texts = comparison.wanted.filter((one): one is string => typeof one === 'string');
  if (typeof value !== 'string')
    return [texts.length === 0 ? differs(expr, wanted, scene) : wrongType(subject, value, scene)];
  if (texts.length === 0) return [ofAnotherKind(subject, value, comparison, expr, scene)];
  const meaning = meaningIn(subject, value, scene.mapping, scene.claims);
  return closest(
    texts.map((text) =>
      textDifferences({ test, wanted: text, presented: value, meaning, claims: scene.claims }),
    ),
  ).map(({ code, message }) => finding(code, scene.at, `\`${scene.expression.write(subject)}\`: ${message}`));
}

/** A text compared with a number, with true or false, or with a list. */
function ofAnotherKind(
  subject: CelExpr,
  value: string,
  { wanted: [first] }: Comparison,
  expr: CelExpr,
  scene: Scene,
): Finding {
  if (first === undefined || first === null) return differs(expr, true, scene);
  return finding(
    'type_differs',
    scene.at,
    `\`${scene.expression.write(subject)}\` is a text, ${shownValue(value)}, and is compared with ${kindOf(first)}, ${shownValue(first)}.`,
  );
}

/** A `!` or `!=` excludes what the token has. */
function excluded(subject: CelExpr, value: CelValue, expr: CelExpr, scene: Scene): Finding {
  const { at, expression, mapping, claims } = scene;
  const part = typeof value === 'string' ? meaningIn(subject, value, mapping, claims).part : undefined;
  const code: FindingCode = part ?? (isStage(expr) ? 'environment_differs' : 'value_differs');
  return finding(
    code,
    at,
    `The condition excludes what the token has: \`${expression.write(subject)}\` is ${shownValue(value)}.`,
  );
}

/** A fragment of a subject that names an environment. */
const isStage = (expr: CelExpr): boolean =>
  (callOf(expr)?.args ?? []).some((one) =>
    /^(?:.*:environment)?:?(?:production|preview|development)\$?$/.test(textOf(one) ?? ''),
  );

/** `'a' in list`, where the list is the token's. */
function ofMembership(
  expr: CelExpr,
  [element, list]: readonly CelExpr[],
  wanted: boolean,
  scene: Scene,
): readonly Finding[] | undefined {
  if (element === undefined || list === undefined || elementsOf(list) !== undefined) return undefined;
  const { evaluate, expression, at, claims } = scene;
  const [value, held] = [evaluate(element).value, evaluate(list).value];
  if (!wanted) return [excluded(list, held, expr, scene)];
  if (typeof value !== 'string') return undefined;
  if (!Array.isArray(held))
    return list.exprKind.case === 'identExpr'
      ? missingName(`${list.exprKind.value.name}.${value}`, scene)
      : undefined;
  const path = pathOf(list);
  const meaning = { kind: 'other', part: undefined, claim: undefined } as const;
  const near = closest(
    (held as readonly CelValue[])
      .filter((one): one is string => typeof one === 'string')
      .map((presented) => textDifferences({ test: '==', wanted: value, presented, meaning, claims })),
  ).filter(({ code }) => code !== 'value_differs');
  if (near.length > 0) return findingsAt(at, near);
  const message = `\`${path ?? expression.write(list)}\` is ${shownValue(held)}, and has no element ${JSON.stringify(value)}.`;
  return [finding('value_differs', at, message)];
}

/** A test without a text to look at closer. */
const differs = (expr: CelExpr, wanted: boolean, { at, expression, evaluate }: Scene): Finding => {
  const call = callOf(expr);
  const values = [...(call?.target === undefined ? [] : [call.target]), ...(call?.args ?? [])]
    .filter((part) => !isConstant(part))
    .map((part) => `\`${expression.write(part)}\` is ${shownValue(evaluate(part).value)}`);
  return finding(
    'value_differs',
    at,
    `\`${expression.write(expr)}\` is ${wanted ? 'false' : 'true'}${values.length === 0 ? '' : `: ${values.join(', ')}`}.`,
  );
};
