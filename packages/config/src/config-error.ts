/** The error for a wrong configuration. It lists every problem with its key, its position and what to do. */

import { OptionError, type OptionErrorCode } from '@credex/core';
import { errorLine, shown } from '@credex/core/internal';
import { cleanServerText } from '@credex/core/failure';

// Keys as error messages show them.

export type KeyPath = readonly (string | number)[];

/** `credentials.store[1].roleArn`. A key that might be a pasted secret is not printed. */
export function pathText(path: KeyPath): string {
  return path.map((key, index) => segment(key, index)).join('') || '(the whole)';
}

function segment(key: string | number, index: number): string {
  if (typeof key === 'number') return `[${key}]`;
  const shown = shownKey(key);
  return index === 0 ? shown : `.${shown}`;
}

/** The key, or its length if it might be a secret. */
export function shownKey(key: string): string {
  return /^[\w$-]{1,48}$/.test(key) && cleanServerText(key) === key
    ? key
    : `(a key of ${key.length} characters)`;
}

// Where a configuration came from: what it may set, and the positions of problems.

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Source {
  /** A file's name, `CREDEX_CONFIG`, or `the configuration`. */
  readonly name: string;
  /** `data` (JSON, the environment) cannot set where a token is sent. */
  readonly kind: 'code' | 'data';
  /** The position of a value; of its nearest parent if it is missing. */
  readonly placeOf?: ((path: KeyPath) => Place | undefined) | undefined;
  /** Maps the text of a path to the environment variable that set its value. */
  readonly variables?: ReadonlyMap<string, string> | undefined;
}

export const FROM_CODE: Source = { name: 'the configuration', kind: 'code' };

/** Entries that were made of variables of each cloud, such as AZURE_CLIENT_ID. */
export const FROM_ENVIRONMENT: Source = { name: 'the environment', kind: 'data' };

/** The variable that set this value, or a value that contains it. */
export function variableAt({ variables }: Source, path: KeyPath): string | undefined {
  for (let length = path.length; length > 0 && variables !== undefined; length -= 1) {
    const found = variables.get(pathText(path.slice(0, length)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether people other than the authors of the code may have written this value. A variable may override code. */
export function isData(source: Source, path: KeyPath): boolean {
  return source.kind === 'data' || variableAt(source, path) !== undefined;
}

export function problemAt(
  source: Source,
  path: KeyPath,
  problem: Pick<ConfigProblem, 'code' | 'message' | 'environmentVariable'>,
): ConfigProblem {
  const place = variableAt(source, path) === undefined ? source.placeOf?.(path) : undefined;
  return { ...problem, path: pathText(path), ...place };
}

/** A message has so many problems; `problems` has all. */
const MOST_LINES = 50;

/** The variable that replaces the file. */
export const CONFIG_VARIABLE = 'CREDEX_CONFIG';

const MARKER = Symbol.for('credex.ConfigError');

export interface ConfigProblem {
  readonly code: OptionErrorCode;
  /** The wrong key, such as `credentials.store.roleArn` or, in a list, `credentials.store[1].roleArn`. */
  readonly path: string;
  /** What was expected, and what to do. Never contains a secret. */
  readonly message: string;
  /** The variable that set the value, or that could set it: `CREDEX_STORE_ROLE_ARN`. */
  readonly environmentVariable?: string | undefined;
  /** The position in JSON, counted from 1. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/**
 * Thrown for a configuration that cannot be used. It is also an `OptionError`: `code`, `option` (the key) and
 * `environmentVariable` are those of the first problem.
 *
 * @example
 * try {
 *   await loadConfig();
 * } catch (error) {
 *   if (ConfigError.isInstance(error)) for (const { path, message } of error.problems) console.error(path, message);
 * }
 */
export class ConfigError extends OptionError {
  /** The file, `CREDEX_CONFIG`, or `the configuration` if it came from code. */
  readonly source: string;
  /** Every problem, in the order of the configuration. At least one. */
  readonly problems: readonly ConfigProblem[];

  constructor(source: string, problems: readonly [ConfigProblem, ...ConfigProblem[]], cause?: unknown) {
    const [first] = problems;
    const lines = problems.map((problem) => `${placeOf(source, problem)}${problem.message}`);
    const more = lines.length - MOST_LINES;
    const text =
      lines.length === 1
        ? lines
        : [
            `${lines.length} problems:`,
            ...lines.slice(0, MOST_LINES).map((line) => `  ${line}`),
            ...(more > 0 ? [`  … and ${more} more: see \`problems\`.`] : []),
          ];
    super(first.code, first.path, first.environmentVariable, text);
    this.source = source;
    this.problems = Object.freeze(
      problems.map((problem) =>
        Object.freeze({ ...problem, path: shown(problem.path), message: errorLine(problem.message) }),
      ),
    );
    if (cause !== undefined)
      Object.defineProperty(this, 'cause', { value: cause, configurable: true, writable: true });
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** True for a ConfigError of any copy of this package. */
  static override isInstance(error: unknown): error is ConfigError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[MARKER] === true;
  }
}

/** The error for a configuration that cannot be found or read. */
export const noConfig = (code: OptionErrorCode, message: string, cause?: unknown): ConfigError =>
  new ConfigError('credex', [{ code, path: 'config', message, environmentVariable: CONFIG_VARIABLE }], cause);

function placeOf(source: string, { line, column }: ConfigProblem): string {
  const at = line === undefined ? '' : `:${line}:${column ?? 1}`;
  return `${shown(source)}${at}: `;
}
