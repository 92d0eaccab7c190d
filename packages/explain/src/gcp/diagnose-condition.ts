/** Which part of an attribute condition is not true of a token, and why. */

import { rankOf } from '../differences.js';
import { finding, type Check, type Finding } from '../findings.js';
import { jsonOf } from '../json.js';
import { resultOf } from '../truth.js';
import type { CelExpr } from './cel-tree.js';
import { callOf, constantOf, elementsOf, operandsOf, pathsOf, substituted } from './cel-tree.js';
import type { Bindings, CelValue, Macro } from './cel.js';
import { looking } from './cel.js';
import { diagnoseTest } from './diagnose-test.js';
import type { Scene } from './diagnose-failure.js';
import { kindOf, whyItFails } from './diagnose-failure.js';

/** The parts of a condition that must all be true. */
export const conjunctsOf = ({ expression: { root } }: Scene): readonly CelExpr[] => operandsOf(root, '_&&_');

export function conditionCheck(expr: CelExpr, scene: Scene, bindings: Bindings): Check {
  const paths = pathsOf(expr);
  return {
    at: scene.at,
    what: paths.join(', ') || 'condition',
    wanted: scene.expression.write(expr),
    presented: paths.map((path) => shown(valueAt(path, bindings))).join(', ') || undefined,
    result: looking(() => resultOf(scene.evaluate(expr).value === true), 'unknown'),
  };
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : (jsonOf(value) ?? 'nothing'));

function valueAt(path: string, bindings: Bindings): unknown {
  const dot = path.indexOf('.');
  const values = bindings[path.slice(0, dot)] ?? {};
  const name = path.slice(dot + 1);
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** The causes first, then the part of the condition that they are in. */
export function diagnoseConjunct(expr: CelExpr, scene: Scene, bindings: Bindings): readonly Finding[] {
  const value = looking(() => scene.evaluate(expr).value, undefined);
  if (value === true) return [];
  const causes = looking(() => whyNot(expr, true, scene), undefined);
  if (causes === undefined) return [tooDear(expr, scene)];
  if (value !== false) return causes;
  const values = pathsOf(expr).map(
    (path) => `\`${path}\` is ${jsonOf(valueAt(path, bindings)) ?? 'missing'}`,
  );
  return [
    ...causes,
    finding(
      'condition_false',
      scene.at,
      `\`${scene.expression.write(expr)}\` is false for this token${values.length === 0 ? '' : `: ${values.join(', ')}`}.`,
    ),
  ];
}

const tooDear = (expr: CelExpr, { at, expression }: Scene): Finding =>
  finding(
    'condition_false',
    at,
    `\`${expression.write(expr)}\` is not true for this token. To look at its parts one by one takes too many steps.`,
  );

/** Alternatives that are named: of forty, the nearest ones. */
const MOST_ALTERNATIVES = 4;
/** Elements of a list that `exists` and `all` are unfolded for. */
const MOST_ELEMENTS = 32;

/** Why an expression does not give `wanted`, which is true unless a `!` stands before it. */
function whyNot(expr: CelExpr, wanted: boolean, scene: Scene): readonly Finding[] {
  const { value } = scene.evaluate(expr);
  if (value === wanted) return [];
  const call = callOf(expr);
  const [first] = call?.args ?? [];
  if (call?.name === '!_' && first !== undefined && typeof scene.evaluate(first).value === 'boolean')
    return whyNot(first, !wanted, scene);
  if (call?.name === '_&&_' || call?.name === '_||_')
    return ofOperands(operandsOf(expr, call.name), (call.name === '_&&_') === wanted, wanted, scene);
  if (call?.name === '_?_:_') return ofTernary(call.args, wanted, scene);
  const macro = scene.expression.macroOf(expr);
  const turns = macro === undefined ? undefined : turnsOf(macro, scene);
  if (macro !== undefined && turns !== undefined && turns.length > 0) {
    const isAll = (macro.name === 'all') === wanted;
    // The same is asked of each element: of several that would do, the nearest is enough.
    return isAll
      ? turns
          .map((one) => whyNot(one, wanted, scene))
          .filter((causes) => causes.length > 0)
          .slice(0, MOST_ALTERNATIVES)
          .flat()
      : ofOperands(turns, isAll, wanted, scene, 1);
  }
  if (value === undefined) return whyItFails(expr, scene);
  if (typeof value !== 'boolean') return [notBoolean(expr, value, scene)];
  return diagnoseTest(expr, wanted, scene);
}

/** Where all must be as wanted, each that is not is a cause; where one would do, the nearest is named first. */
function ofOperands(
  operands: readonly CelExpr[],
  isAll: boolean,
  wanted: boolean,
  scene: Scene,
  most: number = MOST_ALTERNATIVES,
): readonly Finding[] {
  const causes = operands.map((one) => whyNot(one, wanted, scene));
  if (isAll) return causes.flat();
  const seen = new Set<string>();
  return causes
    .map((findings, at) => ({ findings, rank: nearness(findings), about: subjectsOf(operands[at]) }))
    .sort((one, other) => one.rank - other.rank)
    .filter(({ about }) => about === '' || (!seen.has(about) && seen.add(about) !== undefined))
    .slice(0, most)
    .flatMap(({ findings }) => findings);
}

/** Alternatives that read the same are one choice of values. */
const subjectsOf = (expr: CelExpr | undefined): string =>
  expr === undefined ? '' : [...pathsOf(expr)].sort().join(' ');

/** A claim that the token can't have is further than a value that it could. */
const nearness = (findings: readonly Finding[]): number =>
  findings.length === 0
    ? Number.POSITIVE_INFINITY
    : rankOf(findings.map(({ code }) => code)) +
      findings.filter(({ code, message }) => code === 'no_such_claim' && !message.includes('did you mean'))
        .length *
        9;

function ofTernary(args: readonly CelExpr[], wanted: boolean, scene: Scene): readonly Finding[] {
  const [condition, yes, no] = args;
  if (condition === undefined || yes === undefined || no === undefined) return [];
  const { value } = scene.evaluate(condition);
  if (value === undefined) return whyItFails(condition, scene);
  if (typeof value !== 'boolean') return [notBoolean(condition, value, scene)];
  const [taken, other] = value ? [yes, no] : [no, yes];
  const causes = whyNot(taken, wanted, scene);
  // `a ? b : false` is `a && b`: where `a` is false, that is what differs.
  if (pathsOf(taken).length === 0) return whyNot(condition, !value, scene);
  return scene.evaluate(other).value === wanted ? [...causes, ...whyNot(condition, !value, scene)] : causes;
}

const notBoolean = (expr: CelExpr, value: CelValue, { at, expression }: Scene): Finding =>
  finding(
    'condition_not_boolean',
    at,
    `\`${expression.write(expr)}\` gives ${kindOf(value)}, not true or false.`,
  );

/** What a macro asks, written out for each element. */
function turnsOf(macro: Macro, { evaluate }: Scene): readonly CelExpr[] | undefined {
  const { value } = evaluate(macro.list);
  const elements =
    elementsOf(macro.list) ??
    (Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? (value as readonly string[]).map(constantOf)
      : undefined);
  return elements?.slice(0, MOST_ELEMENTS).map((one) => substituted(macro.condition, macro.variable, one));
}
