/** CEL as Google's pool providers have it. An expression that fails gives a value of its own kind, never a throw. */

import {
  CelScalar,
  celEnv,
  celMethod,
  isCelError,
  isCelList,
  isCelMap,
  isCelUint,
  parse,
  plan,
  unparse,
} from '@bufbuild/cel';
import type { CelInput } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { PolicyFileError } from '../policy-file-error.js';

type Expr = ReturnType<typeof parse>['expr'];
export type Bindings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What an expression gave; `undefined`: an error, such as a claim that isn't there. */
export type CelValue = string | number | bigint | boolean | readonly CelValue[] | object | null | undefined;

export interface Program {
  readonly source: string;
  run(bindings: Bindings): CelValue;
}

const ENV = celEnv({
  funcs: [
    ...strings,
    celMethod('extract', CelScalar.STRING, [CelScalar.STRING], CelScalar.STRING, function (template) {
      return extract(this, template);
    }),
  ],
});

/** Two macros in each other take seconds over the longest lists that fit into a condition; three take hours. */
const DEEPEST_MACROS = 2;

/** @throws Error for what is no CEL; PolicyFileError for what would take too long */
export function compile(source: string): Program {
  const { expr } = parse(source);
  if (macroDepth(expr) > DEEPEST_MACROS)
    throw new PolicyFileError(
      'policy_too_deep',
      '--policy',
      `A CEL expression has more than ${DEEPEST_MACROS} macros (exists, all, map, filter) in each other: that is not evaluated here.`,
    );
  return programOf(expr, source);
}

function macroDepth({ exprKind: kind }: Expr): number {
  const deepest = (...parts: readonly (Expr | undefined)[]): number =>
    Math.max(0, ...parts.map((part) => (part === undefined ? 0 : macroDepth(part))));
  switch (kind.case) {
    case 'callExpr':
      return deepest(kind.value.target, ...kind.value.args);
    case 'selectExpr':
      return deepest(kind.value.operand);
    case 'listExpr':
      return deepest(...kind.value.elements);
    case 'structExpr':
      return deepest(...kind.value.entries.map(({ value }) => value));
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      return Math.max(1 + deepest(loopCondition, loopStep), deepest(iterRange, accuInit, result));
    }
    default:
      return 0;
  }
}

function programOf(expr: Expr, source: string): Program {
  const program = plan(ENV, expr);
  return {
    source,
    run(bindings) {
      const value: unknown = program(bindings as Record<string, CelInput>);
      return plain(value);
    },
  };
}

function plain(value: unknown): CelValue {
  if (isCelError(value)) return undefined;
  if (isCelList(value)) return [...value].map(plain);
  if (isCelUint(value)) return value.value;
  if (isCelMap(value))
    return Object.fromEntries(
      [...value.entries()].map(([key, one]) => [String(isCelUint(key) ? key.value : key), plain(one)]),
    );
  return value as CelValue;
}

/** Google's own method: `'a/b/c'.extract('a/{x}/c')` is `'b'`; empty where the template doesn't fit. */
function extract(value: string, template: string): string {
  const [, before, after, ...rest] = /^([^{}]*)\{[^{}]*\}([^{}]*)$/.exec(template) ?? [];
  if (before === undefined || after === undefined || rest.length > 0)
    throw new Error('a template has one {name}');
  const start = value.indexOf(before);
  if (start === -1) return '';
  const inner = value.slice(start + before.length);
  const end = after === '' ? inner.length : inner.indexOf(after);
  return inner.slice(0, Math.max(0, end));
}

/** `assertion.sub`, and what stands beside it. */
export interface Comparison {
  readonly path: string;
  /** The texts it may be equal to: one for `==`, several for `in`. */
  readonly wanted: readonly string[];
}

/** One operand of the `&&`s at the top of a condition. */
export interface Conjunct extends Program {
  /** Names that it reads: `assertion.sub`, `attribute.project`, `google.subject`. */
  readonly paths: readonly string[];
  readonly comparison: Comparison | undefined;
}

export function conjunctsOf(source: string): readonly Conjunct[] {
  const parsed = parse(source);
  const parts = operands(parsed.expr);
  return parts.map((expr) => ({
    // The macros of the whole are needed to write a part of it.
    ...programOf(expr, parts.length === 1 ? source : unparse({ ...parsed, expr })),
    paths: [...new Set(pathsOf(expr))],
    comparison: comparisonOf(expr),
  }));
}

function operands(expr: Expr): readonly Expr[] {
  const { exprKind: kind } = expr;
  return kind.case === 'callExpr' && kind.value.function === '_&&_'
    ? kind.value.args.flatMap(operands)
    : [expr];
}

const ROOTS: ReadonlySet<string> = new Set(['assertion', 'attribute', 'google']);

/** `assertion.a.b` and `assertion['a']` are the claim `a`; undefined for anything else. */
function pathOf({ exprKind: kind }: Expr): string | undefined {
  if (kind.case === 'selectExpr') return ofRoot(kind.value.operand, kind.value.field);
  if (kind.case !== 'callExpr' || kind.value.function !== '_[_]') return undefined;
  const [operand, index] = kind.value.args;
  const name = index === undefined ? undefined : constant(index);
  return name === undefined ? undefined : ofRoot(operand, name);
}

function ofRoot(operand: Expr | undefined, name: string): string | undefined {
  const kind = operand?.exprKind;
  return kind?.case === 'identExpr' && ROOTS.has(kind.value.name) ? `${kind.value.name}.${name}` : undefined;
}

function constant({ exprKind: kind }: Expr): string | undefined {
  if (kind.case !== 'constExpr' || kind.value.constantKind.case !== 'stringValue') return undefined;
  return kind.value.constantKind.value;
}

function pathsOf(expr: Expr): readonly string[] {
  const path = pathOf(expr);
  if (path !== undefined) return [path];
  const { exprKind: kind } = expr;
  if (kind.case === 'selectExpr') return kind.value.operand === undefined ? [] : pathsOf(kind.value.operand);
  if (kind.case === 'listExpr') return kind.value.elements.flatMap(pathsOf);
  if (kind.case === 'comprehensionExpr')
    return [kind.value.iterRange, kind.value.loopStep].flatMap((part) =>
      part === undefined ? [] : pathsOf(part),
    );
  if (kind.case !== 'callExpr') return [];
  const { target, args } = kind.value;
  return [...(target === undefined ? [] : pathsOf(target)), ...args.flatMap(pathsOf)];
}

function comparisonOf({ exprKind: kind }: Expr): Comparison | undefined {
  if (kind.case !== 'callExpr') return undefined;
  const [left, right] = kind.value.args;
  if (left === undefined || right === undefined) return undefined;
  if (kind.value.function === '_==_') return equality(left, right) ?? equality(right, left);
  if (kind.value.function !== '@in' || right.exprKind.case !== 'listExpr') return undefined;
  const [path, wanted] = [pathOf(left), right.exprKind.value.elements.map(constant)];
  if (path === undefined || wanted.some((one) => one === undefined)) return undefined;
  return { path, wanted: wanted as string[] };
}

function equality(one: Expr, other: Expr): Comparison | undefined {
  const [path, wanted] = [pathOf(one), constant(other)];
  return path === undefined || wanted === undefined ? undefined : { path, wanted: [wanted] };
}
