/** Where a configuration came from: what it may set, and the positions of problems. */

import type { ConfigProblem } from './config-error.js';
import type { KeyPath } from './key-path.js';
import { pathText } from './key-path.js';

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

/** The variable that set this value, or a value that contains it. */
export function variableAt({ variables }: Source, path: KeyPath): string | undefined {
  for (let length = path.length; length > 0 && variables !== undefined; length -= 1) {
    const found = variables.get(pathText(path.slice(0, length)));
    if (found !== undefined) return found;
  }
  return undefined;
}

export function problemAt(
  source: Source,
  path: KeyPath,
  problem: Pick<ConfigProblem, 'code' | 'message' | 'environmentVariable'>,
): ConfigProblem {
  const place = variableAt(source, path) === undefined ? source.placeOf?.(path) : undefined;
  return { ...problem, path: pathText(path), ...place };
}
