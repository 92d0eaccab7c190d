/** CEL as Google's pool providers have it. An expression that fails gives a value of its own kind, never a throw. */

import { isCelError, isCelList, isCelMap, isCelUint, unparse } from '@bufbuild/cel';
import type { CelInput } from '@bufbuild/cel';
import { PolicyFileError } from '../policy-file-error.js';
import type { CelExpr as Expr } from './bounded-cel.js';
import { CelLimitError, parseCel, planCel, withCelBudget } from './bounded-cel.js';

export type Bindings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What an expression gave; `undefined`: an error, such as a claim that isn't there. */
export type CelValue = string | number | bigint | boolean | readonly CelValue[] | object | null | undefined;

export interface Program {
  readonly source: string;
  run(bindings: Bindings): CelValue;
}

/** Of one explanation: a provider's fifty mappings and its condition, judged some dozen times. */
const BUDGET = 3_000_000;

/**
 * Runs what evaluates programs of this module.
 * @throws PolicyFileError for what nests too deep or costs too much
 */
export function evaluating<T>(work: () => T): T {
  try {
    return withCelBudget(work, BUDGET);
  } catch (error) {
    throw error instanceof CelLimitError ? refused(error) : error;
  }
}

function refused({ kind, message }: CelLimitError): PolicyFileError {
  const code = kind === 'depth' ? 'policy_too_deep' : 'policy_too_costly';
  return new PolicyFileError(code, '--policy', `${message} No verdict is given.`);
}

/** @throws Error for what is no CEL; CelLimitError for what nests too deep */
export function compile(source: string): Program {
  return programOf(parseCel(source).expr, source);
}

function programOf(expr: Expr, source: string): Program {
  const program = planCel(expr);
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
  const parsed = parseCel(source);
  const parts = operands(parsed.expr);
  // The macros of the whole are needed to write a part of it; planning changes them.
  const described = parts.map((expr) => ({
    source: parts.length === 1 ? source : unparse({ ...parsed, expr }),
    paths: [...new Set(pathsOf(expr))],
    comparison: comparisonOf(expr),
  }));
  return described.map((one, at) => ({ ...one, ...programOf(parts[at] as Expr, one.source) }));
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
