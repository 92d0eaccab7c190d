/**
 * The variables and functions that a CEL expression uses but nothing declares. Google compiles mappings and conditions against the
 * variables of the place and refuses others when the provider is made: `undeclared reference to 'sub'`.
 */
import { partsOf, turnsOf } from './cel-tree.js';
import type { CelExpr } from './cel-tree.js';

/** Functions of CEL's language definition, of its strings extension, and Google's own `extract`. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'size contains startsWith endsWith matches type int uint double string bytes bool dyn timestamp duration ' +
    'getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours getMilliseconds getMinutes getMonth ' +
    'getSeconds charAt indexOf lastIndexOf join split lowerAscii upperAscii replace substring trim reverse quote ' +
    'format extract'
  ).split(' '),
);
/** Operators are calls as well: `_==_`, `!_`, `@in`, `_?_:_`. */
const isOperator = (name: string): boolean => /^[_@!-]/.test(name);
const isFunction = (name: string): boolean => isOperator(name) || FUNCTIONS.has(name);

/** The first undeclared name in reading order; `undefined` if each is declared. */
export function undeclaredName(expr: CelExpr, declared: ReadonlySet<string>): string | undefined {
  const { exprKind: kind } = expr;
  if (kind.case === 'identExpr') return declared.has(kind.value.name) ? undefined : kind.value.name;
  if (kind.case === 'callExpr' && !isFunction(kind.value.function)) return kind.value.function;
  // A macro such as `exists` declares its own variables for its inner parts.
  const inner =
    kind.case === 'comprehensionExpr'
      ? new Set([...declared, kind.value.iterVar, kind.value.iterVar2, kind.value.accuVar])
      : declared;
  return firstOf(partsOf(expr), declared) ?? firstOf(turnsOf(expr), inner);
}

function firstOf(parts: readonly CelExpr[], declared: ReadonlySet<string>): string | undefined {
  for (const part of parts) {
    const name = undeclaredName(part, declared);
    if (name !== undefined) return name;
  }
  return undefined;
}
