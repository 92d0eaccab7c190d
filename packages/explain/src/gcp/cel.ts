/** CEL as Google's pool providers have it. An expression that fails gives an error as a value; nothing is thrown. */

import { isCelError, isCelList, isCelMap, isCelUint, unparse, type CelInput } from '@bufbuild/cel';
import { PolicyFileError } from '../policy-file-error.js';
import { callOf, partsOf, turnsOf, type CelExpr } from './cel-tree.js';
import { CelLimitError, parseCel, planCel, withCelBudget } from './bounded-cel.js';

// The variables and functions that a CEL expression uses but nothing declares. Google compiles mappings and conditions against the
// variables of the place and refuses others when the provider is made: `undeclared reference to 'sub'`.

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
function undeclaredName(expr: CelExpr, declared: ReadonlySet<string>): string | undefined {
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

export type Bindings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The result of an expression; `undefined`: an error, such as a missing claim. */
export type CelValue = string | number | bigint | boolean | readonly CelValue[] | object | null | undefined;

export interface Program {
  readonly source: string;
  readonly expression: Expression;
  run(bindings: Bindings): CelValue;
}

/** A parsed expression, which no evaluation changes. */
export interface Expression {
  readonly root: CelExpr;
  /** One of its parts, as source. */
  write(expr: CelExpr): string;
  /** The macro that a node was written as: its list, its variable, and what it asks of each element. */
  macroOf(expr: CelExpr): Macro | undefined;
}

export interface Macro {
  readonly name: 'exists' | 'all';
  readonly list: CelExpr;
  readonly variable: string;
  readonly condition: CelExpr;
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

/** For each search for a cause: it must not use up what the verdict needs. */
const LOOK_BUDGET = 1_000_000;

/** Evaluates parts, to find a cause, on a separate budget; `otherwise` if it costs too much. Within `evaluating`. */
export function looking<T>(work: () => T, otherwise: T): T {
  try {
    return withCelBudget(work, LOOK_BUDGET);
  } catch (error) {
    if (error instanceof CelLimitError) return otherwise;
    throw error;
  }
}

function refused({ kind, message }: CelLimitError): PolicyFileError {
  const code = kind === 'depth' ? 'policy_too_deep' : 'policy_too_costly';
  return new PolicyFileError(code, 'policy', `${message} No verdict is given.`);
}

/**
 * @param names the variables that Google declares where the expression stands
 * @throws Error for what Google does not keep; CelLimitError for what nests too deeply
 */
export function compile(source: string, names: ReadonlySet<string>): Program {
  const parsed = parseCel(source);
  const undeclared = undeclaredName(parsed.expr, names);
  if (undeclared !== undefined)
    throw new Error(
      `undeclared reference to '${undeclared}'; ${[...names].map((name) => `\`${name}\``).join(', ')} can be read here, a claim as \`assertion.${undeclared}\``,
    );
  const program = planCel(structuredClone(parsed.expr));
  return {
    source,
    expression: {
      root: parsed.expr,
      write: (expr) => (expr === parsed.expr ? source.trim() : unparse({ ...parsed, expr })),
      macroOf: (expr) => {
        const written = parsed.sourceInfo?.macroCalls[String(expr.id)];
        return written === undefined ? undefined : macroOf(expr, callOf(written)?.name);
      },
    },
    run: (bindings) => plain(program(bindings as Record<string, CelInput>)),
  };
}

/** Of `exists` and `all`: the step of each turn is `result || condition`, or `result && condition`. */
function macroOf({ exprKind: kind }: CelExpr, name: string | undefined): Macro | undefined {
  if (kind.case !== 'comprehensionExpr' || (name !== 'exists' && name !== 'all')) return undefined;
  const { iterRange: list, iterVar: variable, loopStep } = kind.value;
  const condition = loopStep === undefined ? undefined : callOf(loopStep)?.args[1];
  return list === undefined || condition === undefined ? undefined : { name, list, variable, condition };
}

export interface Evaluation {
  readonly value: CelValue;
  /** Why there is no value: the message of the evaluator. */
  readonly failure: string | undefined;
}

/** Evaluates parts of expressions against one token, each part once. */
export function evaluator(bindings: Bindings): (expr: CelExpr) => Evaluation {
  const done = new Map<CelExpr, Evaluation>();
  return (expr) => {
    const known = done.get(expr);
    if (known !== undefined) return known;
    const value = planCel(structuredClone(expr))(bindings as Record<string, CelInput>);
    const failure = isCelError(value) ? value.message : undefined;
    const evaluation = { value: plain(value), failure };
    done.set(expr, evaluation);
    return evaluation;
  };
}

const PATTERN = planCel(parseCel('assertion.text.matches(assertion.pattern)').expr);

/** Whether RE2 finds the pattern in the text; undefined for no pattern. Within `evaluating`. */
export function findsPattern(pattern: string, text: string): boolean | undefined {
  const value = PATTERN({ assertion: { text, pattern } });
  return typeof value === 'boolean' ? value : undefined;
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
