/** An expression of CEL as a tree: what a node compares, reads and calls. Evaluates nothing. */

import { parse } from '@bufbuild/cel';

export type CelExpr = ReturnType<typeof parse>['expr'];

const ROOTS: ReadonlySet<string> = new Set(['assertion', 'attribute', 'google']);

export interface Call {
  /** `startsWith`, or an operator: `_==_`, `_&&_`, `!_`, `@in`, `_?_:_`, `_[_]`. */
  readonly name: string;
  readonly target: CelExpr | undefined;
  readonly args: readonly CelExpr[];
}

export function callOf({ exprKind: kind }: CelExpr): Call | undefined {
  if (kind.case !== 'callExpr') return undefined;
  const { function: name, target, args } = kind.value;
  return { name, target, args };
}

/** The operands of a chain of one operator, `_&&_` or `_||_`, in reading order. */
export function operandsOf(expr: CelExpr, operator: string): readonly CelExpr[] {
  const call = callOf(expr);
  return call?.name === operator ? call.args.flatMap((one) => operandsOf(one, operator)) : [expr];
}

/** `assertion.a` and `assertion['a']` are the claim `a`; undefined for anything else, `has(assertion.a)` too. */
export function pathOf(expr: CelExpr): string | undefined {
  const { exprKind: kind } = expr;
  if (kind.case === 'selectExpr')
    return kind.value.testOnly ? undefined : ofRoot(kind.value.operand, kind.value.field);
  const call = callOf(expr);
  if (call?.name !== '_[_]') return undefined;
  const [operand, index] = call.args;
  const name = index === undefined ? undefined : textOf(index);
  return name === undefined ? undefined : ofRoot(operand, name);
}

/** The path that `has(…)` asks for. */
export function testedPathOf({ exprKind: kind }: CelExpr): string | undefined {
  return kind.case === 'selectExpr' && kind.value.testOnly
    ? ofRoot(kind.value.operand, kind.value.field)
    : undefined;
}

function ofRoot(operand: CelExpr | undefined, name: string): string | undefined {
  const kind = operand?.exprKind;
  return kind?.case === 'identExpr' && ROOTS.has(kind.value.name) ? `${kind.value.name}.${name}` : undefined;
}

/** A text as the source has it. */
export function textOf({ exprKind: kind }: CelExpr): string | undefined {
  if (kind.case !== 'constExpr' || kind.value.constantKind.case !== 'stringValue') return undefined;
  return kind.value.constantKind.value;
}

export const isConstant = ({ exprKind: kind }: CelExpr): boolean =>
  kind.case === 'constExpr' || (kind.case === 'listExpr' && kind.value.elements.every(isConstant));

export const elementsOf = ({ exprKind: kind }: CelExpr): readonly CelExpr[] | undefined =>
  kind.case === 'listExpr' ? kind.value.elements : undefined;

export const constantOf = (text: string): CelExpr => parse(JSON.stringify(text)).expr;

/** The parts that are evaluated before the node itself. */
export function partsOf({ exprKind: kind }: CelExpr): readonly CelExpr[] {
  switch (kind.case) {
    case 'callExpr':
      return present([kind.value.target, ...kind.value.args]);
    case 'selectExpr':
      return present([kind.value.operand]);
    case 'listExpr':
      return kind.value.elements;
    case 'structExpr':
      return present(
        kind.value.entries.flatMap(({ keyKind, value }) => [
          keyKind.case === 'mapKey' ? keyKind.value : undefined,
          value,
        ]),
      );
    case 'comprehensionExpr':
      return present([kind.value.iterRange, kind.value.accuInit]);
    default:
      return [];
  }
}

/** What a macro evaluates for each element, and its result: these parts see the variables of the macro. */
export function turnsOf({ exprKind: kind }: CelExpr): readonly CelExpr[] {
  if (kind.case !== 'comprehensionExpr') return [];
  return present([kind.value.loopCondition, kind.value.loopStep, kind.value.result]);
}

const present = (parts: readonly (CelExpr | undefined)[]): readonly CelExpr[] =>
  parts.filter((part) => part !== undefined);

/** The paths that an expression reads, in reading order, each once. */
export function pathsOf(expr: CelExpr): readonly string[] {
  return [...new Set(readIn(expr))];
}

function readIn(expr: CelExpr): readonly string[] {
  const path = pathOf(expr) ?? testedPathOf(expr);
  if (path !== undefined) return [path];
  return [...partsOf(expr), ...turnsOf(expr)].flatMap(readIn);
}

/** The same expression with another in the place of a name: one turn of a macro. */
export function substituted(expr: CelExpr, name: string, by: CelExpr): CelExpr {
  const copy = structuredClone(expr);
  replaceIn(copy, name, by);
  return copy;
}

function replaceIn(expr: CelExpr, name: string, by: CelExpr): void {
  if (expr.exprKind.case === 'identExpr' && expr.exprKind.value.name === name) {
    expr.exprKind = structuredClone(by.exprKind);
    return;
  }
  for (const part of [...partsOf(expr), ...turnsOf(expr)]) replaceIn(part, name, by);
}
