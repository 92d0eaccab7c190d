/**
 * CEL whose cost is bounded: limits that are checked before anything is evaluated, then a budget that every function and
 * every turn of a macro takes from. Pure and synchronous. A policy is written by others, and may be hostile: three
 * macros in each other, or a text that ten `.replace` multiply, run for hours otherwise.
 */
import {
  celEnv,
  celFunc,
  celList,
  celMethod,
  CelScalar,
  isCelError,
  isCelList,
  isCelMap,
  listType,
  parse,
  plan,
} from '@bufbuild/cel';
import type { CelFunc, CelInput, CelList } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { partsOf, turnsOf } from './cel-tree.js';
import type { CelExpr } from './cel-tree.js';

export type CelProgram = (bindings: Record<string, CelInput>) => unknown;

/** A policy asks for more than is evaluated. `why` completes "CEL …". */
export class CelLimitError extends Error {
  override readonly name = 'CelLimitError';
  /** `depth`: found before the evaluation; `cost`: during it. */
  readonly kind: 'depth' | 'cost';

  constructor(kind: 'depth' | 'cost', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Brackets in each other; the parser's time grows with the cube of those that are not closed. */
const DEEPEST_BRACKETS = 64;
const DEEPEST_MACROS = 2;
/** Characters of a text, elements of a list or a map that a function takes or gives. No token is longer. */
const MOST_SIZE = 16_384;
/** About a second on a slow machine. */
const DEFAULT_BUDGET = 1_000_000;

/** @throws CelLimitError `depth`; Error for what is not CEL, or nests deeper than people write it */
export function parseCel(source: string): ReturnType<typeof parse> {
  let depth = 0;
  // Brackets in texts are counted with the others: no policy that people write comes near.
  for (const character of source) {
    if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    if (depth > DEEPEST_BRACKETS) throw new Error(`it nests deeper than ${DEEPEST_BRACKETS} brackets`);
  }
  const parsed = parse(withoutComments(source));
  if (macroDepth(parsed.expr) > DEEPEST_MACROS)
    throw new CelLimitError(
      'depth',
      `CEL has more than ${DEEPEST_MACROS} macros (exists, all, map, filter) in each other.`,
    );
  return parsed;
}

const TEXT_OR_COMMENT = /[rR]("""|'''|"|')[^]*?\1|("""|'''|"|')(?:\\[^]|(?!\2)[^])*\2|\/\/[^\n]*/g;

/** The language has comments to the end of a line, but the parser of the library does not. */
const withoutComments = (source: string): string =>
  source.replace(TEXT_OR_COMMENT, (piece) => (piece.startsWith('//') ? ' '.repeat(piece.length) : piece));

function macroDepth(expr: CelExpr): number {
  const deepest = (parts: readonly CelExpr[]): number => Math.max(0, ...parts.map(macroDepth));
  const turns = turnsOf(expr);
  return Math.max(deepest(partsOf(expr)), turns.length === 0 ? 0 : 1 + deepest(turns));
}

const nodesIn = (expr: CelExpr): number =>
  [...partsOf(expr), ...turnsOf(expr)].reduce((sum, part) => sum + nodesIn(part), 1);

let left = 0;
let gone = false;

/**
 * Runs programs of `planCel`, which together may cost `units`.
 * @throws CelLimitError `cost`
 */
export function withCelBudget<T>(work: () => T, units: number = DEFAULT_BUDGET): T {
  const before = left;
  left = units;
  gone = false;
  try {
    return work();
  } finally {
    left = before;
    gone = false;
  }
}

/** Its error is a value in CEL, which `||` may pass over: the program ends with an error of ours all the same. */
function spend(units: number): void {
  left -= units;
  if (left >= 0 && !gone) return;
  gone = true;
  throw overBudget();
}

const overBudget = (): CelLimitError =>
  new CelLimitError('cost', 'The CEL expression exceeds the limit on steps or on the length of a text.');

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  return isCelList(value) || isCelMap(value) ? value.size : 1;
}

function assertSize(size: number): void {
  if (size > MOST_SIZE) spend(Number.POSITIVE_INFINITY);
}

/** Of all texts in a value, a level or two deep: what `join` and `format` write out. */
function lettersIn(value: unknown, levels = 2): number {
  if (!isCelList(value) || levels === 0) return sizeOf(value);
  let sum = 0;
  for (const item of value) sum += 1 + lettersIn(item, levels - 1);
  return sum;
}

const count = (text: string, part: string): number =>
  part === '' ? text.length + 1 : text.split(part).length - 1;

/** Of a pattern of RE2: a number of repetitions makes as many states, at most a thousand. */
const statesOf = (pattern: string): number => pattern.length + (pattern.includes('{') ? 1_000 : 0);

/** They look at each element. */
const COMPARING: ReadonlySet<string> = new Set(['_==_', '_!=_', '@in']);

/** What a call costs beyond its arguments' sizes, and how long its result can get: before it is made. */
function beforehand(name: string, target: unknown, args: readonly unknown[]): void {
  if (name === 'matches') spend((sizeOf(target ?? args[0]) * statesOf(String(args.at(-1)))) / 2);
  if (COMPARING.has(name)) spend(args.reduce<number>((sum, value) => sum + lettersIn(value) / 4, 0));
  if (name === 'replace') {
    const times = count(target as string, args[0] as string);
    assertSize(sizeOf(target) + times * sizeOf(args[1]));
    spend((times * sizeOf(target)) / 1_024);
  }
  if (name === 'join') assertSize(lettersIn(target) + sizeOf(target) * sizeOf(args[0] ?? ''));
  if (name === 'format') assertSize(sizeOf(target) + count(target as string, '%') * lettersIn(args[0]));
  if (name === '_+_') assertSize(sizeOf(args[0]) + sizeOf(args[1]));
}

/** The library's own sum of lists is a tree, as deep as a macro has turns. */
function sumOf(lists: readonly unknown[]): CelList {
  const array = lists.flatMap((list) => {
    const made = arrays.get(list as CelList);
    if (made !== undefined) return made;
    // One by one: slower than a copy of an array.
    spend((list as CelList).size / 2);
    return [...(list as CelList)] as CelInput[];
  });
  const sum = celList(array);
  arrays.set(sum, array);
  return sum;
}
const arrays = new WeakMap<CelList, readonly CelInput[]>();

/** The same function, which pays. */
function metered(func: CelFunc): CelFunc {
  const paid = (target: unknown, args: readonly unknown[]): never => {
    spend(1 + [target, ...args].reduce<number>((sum, value) => sum + sizeOf(value), 0) / 32);
    beforehand(func.name, target, args);
    const value: unknown = func.call(0, target as never, args as never[]);
    if (isCelError(value)) throw value;
    assertSize(sizeOf(value));
    return (func.name === '_+_' && isCelList(value) ? sumOf(args) : value) as never;
  };
  const types = [...func.arguments];
  return func.target === undefined
    ? celFunc(func.name, types, func.result, (...args: unknown[]) => paid(undefined, args))
    : celMethod(func.name, func.target, types, func.result, function (...args: unknown[]) {
        // In a script that is not strict, a text is an object here.
        return paid((this as object).valueOf(), args);
      });
}

/**
 * Google's own addition to CEL: `'a/b/c'.extract('a/{middle}/c')` is `'b'`; the empty string where the template
 * does not match. https://cloud.google.com/iam/docs/conditions-attribute-reference#extract
 */
function extract(value: string, template: string): string {
  const parts = /^([^{}]*)\{[^{}]*\}([^{}]*)$/.exec(template);
  if (parts === null) throw new Error('extract: the template needs exactly one {name}');
  const [, before = '', after = ''] = parts;
  const found = value.indexOf(before);
  if (found < 0) return '';
  const start = found + before.length;
  const end = after === '' ? value.length : value.indexOf(after, start);
  return end < 0 ? '' : value.slice(start, end);
}

/** All pieces where the limit is negative; else the last one is the rest. */
function splitUpTo(text: string, separator: string, limit: number): string[] {
  const pieces = limit === 0 ? [] : text.split(separator);
  if (limit < 0 || pieces.length <= limit) return pieces;
  return [...pieces.slice(0, limit - 1), pieces.slice(limit - 1).join(separator)];
}

/** No source can name it. */
const TURN = '@turn';

const LIBRARY = celEnv({ funcs: [...strings] }).funcs;
/** The library's own leave out what is behind a limit of `split`, and take no negative one of `replace`. */
const isLimited = ({ name, arguments: types }: CelFunc): boolean =>
  (name === 'split' && types.length === 2) || (name === 'replace' && types.length === 3);
const MATCHES = [...LIBRARY].find(({ name }) => name === 'matches');

const ENV = celEnv({
  funcs: [
    ...[
      ...[...LIBRARY].filter((func) => !isLimited(func)),
      celMethod(
        'split',
        CelScalar.STRING,
        [CelScalar.STRING, CelScalar.INT],
        listType(CelScalar.STRING),
        function (separator, limit) {
          return celList(splitUpTo(this, separator, Number(limit)));
        },
      ),
      celMethod(
        'replace',
        CelScalar.STRING,
        [CelScalar.STRING, CelScalar.STRING, CelScalar.INT],
        CelScalar.STRING,
        function (part, by, limit) {
          const times = Number(limit);
          return times < 0 ? this.replaceAll(part, () => by) : splitUpTo(this, part, times + 1).join(by);
        },
      ),
      // The language has it as a method and as a function; the library as a method alone.
      celFunc('matches', [CelScalar.STRING, CelScalar.STRING], CelScalar.BOOL, (text, pattern) => {
        const found = MATCHES?.call(0, text as never, [pattern as never]);
        if (isCelError(found)) throw found;
        return found as boolean;
      }),
      celMethod('extract', CelScalar.STRING, [CelScalar.STRING], CelScalar.STRING, function (template) {
        return extract(this, template);
      }),
    ].map(metered),
    celFunc(TURN, [CelScalar.DYN, CelScalar.INT], CelScalar.DYN, (condition, nodes) => {
      spend(Number(nodes));
      return condition as never;
    }),
  ],
});

/**
 * Each turn of a macro pays for the nodes it evaluates: its condition becomes an argument of a function that takes them
 * from the budget. Changes `expr`.
 */
function withTurns(expr: CelExpr): CelExpr {
  for (const part of [...partsOf(expr), ...turnsOf(expr)]) withTurns(part);
  const { exprKind: kind } = expr;
  if (kind.case !== 'comprehensionExpr' || kind.value.loopCondition === undefined) return expr;
  const { loopCondition, loopStep } = kind.value;
  const nodes = nodesIn(loopCondition) + (loopStep === undefined ? 0 : nodesIn(loopStep));
  const call = parse(`turn(true, ${nodes})`).expr;
  if (call.exprKind.case !== 'callExpr') throw new Error('A call was not parsed as one.');
  call.exprKind.value.function = TURN;
  call.exprKind.value.args[0] = loopCondition;
  kind.value.loopCondition = call;
  return expr;
}

/**
 * A program of an expression that `parseCel` gave; to be planned once. Gives an error of CEL as a value.
 * The program throws CelLimitError `cost`; to be run within `withCelBudget`.
 */
export function planCel(expr: CelExpr): CelProgram {
  const nodes = nodesIn(expr);
  const program = plan(ENV, withTurns(expr));
  return (bindings) => {
    spend(nodes / 8);
    const value: unknown = program(bindings);
    if (gone) throw overBudget();
    return value;
  };
}
