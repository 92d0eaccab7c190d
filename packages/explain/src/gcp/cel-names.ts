/**
 * The variables and functions that a CEL expression uses but nothing declares. Google compiles mappings and conditions against the
 * variables of the place and refuses others when the provider is made: `undeclared reference to 'sub'`.
 */
import type { parse } from '@bufbuild/cel';

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

type Expr = ReturnType<typeof parse>['expr'];

/** The first undeclared name in reading order; `undefined` where each is declared. */
export function undeclaredName(expr: Expr, declared: ReadonlySet<string>): string | undefined {
  const first = (...parts: readonly (Expr | undefined)[]): string | undefined => {
    for (const part of parts) {
      const name = part === undefined ? undefined : undeclaredName(part, declared);
      if (name !== undefined) return name;
    }
    return undefined;
  };
  const kind = expr.exprKind;
  switch (kind.case) {
    case 'identExpr':
      return declared.has(kind.value.name) ? undefined : kind.value.name;
    case 'selectExpr':
      return first(kind.value.operand);
    case 'callExpr':
      return isFunction(kind.value.function)
        ? first(kind.value.target, ...kind.value.args)
        : kind.value.function;
    case 'listExpr':
      return first(...kind.value.elements);
    case 'structExpr':
      return first(
        ...kind.value.entries.flatMap(({ keyKind, value }) => [
          keyKind.case === 'mapKey' ? keyKind.value : undefined,
          value,
        ]),
      );
    case 'comprehensionExpr': {
      // A macro such as `exists` declares its own variables for its inner parts.
      const { iterVar, iterVar2, accuVar, iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      const inner = new Set([...declared, iterVar, iterVar2, accuVar]);
      const within = [loopCondition, loopStep, result].map((part) =>
        part === undefined ? undefined : undeclaredName(part, inner),
      );
      return first(iterRange, accuInit) ?? within.find((name) => name !== undefined);
    }
    default:
      return undefined;
  }
}
