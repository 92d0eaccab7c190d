/** Where a configuration came from: what may stand in it, and how a problem is placed. */

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
  /** `data` (JSON, the environment) can not say where a token goes. */
  readonly kind: 'code' | 'data';
  /** Where a value stands; the nearest key above it where it is missing. */
  readonly placeOf?: ((path: KeyPath) => Place | undefined) | undefined;
  /** By the path's text: values that an environment variable gave, and which. */
  readonly variables?: ReadonlyMap<string, string> | undefined;
}

/** The variable that takes the file's place. */
export const WHOLE_VARIABLE = 'CREDEX_CONFIG';

export const FROM_CODE: Source = { name: 'the configuration', kind: 'code' };

/** The variable that gave this value, or that of which it is a part. */
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
