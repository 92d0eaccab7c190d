/** `when`: which entry of a name is meant in which environment. */

import { environmentVariable, ownCopy, shown } from '@credex/core/driver';
import type { Complaint } from './check-option.js';
import { isObject } from './check-option.js';
import { ConfigError } from './config-error.js';
import type { Entry } from './entries.js';
import type { KeyPath } from './key-path.js';
import { pathText } from './key-path.js';
import { FROM_CODE, problemAt } from './source.js';

/** A custom environment shows in VERCEL_TARGET_ENV only; a machine without either is a developer's. */
export function currentEnvironment(): string {
  return environmentVariable('VERCEL_TARGET_ENV') ?? environmentVariable('VERCEL_ENV') ?? 'development';
}

/** Which environments an entry is for; undefined: all. Tolerant of what was not checked yet. */
export function environmentsOf(entry: unknown): readonly string[] | undefined {
  const when = isObject(entry) ? entry['when'] : undefined;
  if (!isObject(when)) return undefined;
  const { environment } = when;
  const list: readonly unknown[] = Array.isArray(environment) ? environment : [environment];
  return list.filter((one) => typeof one === 'string');
}

/** Two entries for one environment, an entry for all beside others, an `expect` that contradicts its `when`. */
export function* variantComplaints(name: string, value: unknown): Generator<Complaint> {
  const path = ['credentials', name];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) {
    yield { path, code: 'invalid_option', message: `\`${pathText(path)}\` is an empty list.` };
  }
  const takenBy = new Map<string, number>();
  for (const [index, entry] of list.entries()) {
    if (!isObject(entry)) continue;
    const at: KeyPath = Array.isArray(value) ? [...path, index] : path;
    const environments = environmentsOf(entry);
    if (environments === undefined) {
      if (list.length > 1 && entry['when'] === undefined) yield needsWhen([...at, 'when']);
      continue;
    }
    for (const environment of new Set(environments)) {
      const other = takenBy.get(environment);
      if (other === undefined) takenBy.set(environment, index);
      else yield ambiguous([...at, 'when', 'environment'], environment, pathText([...path, other]));
    }
    const expected = isObject(entry['expect']) ? entry['expect']['environment'] : undefined;
    if (typeof expected === 'string' && !environments.includes(expected)) yield contradicts(at);
  }
}

/**
 * The one entry for this environment. Its `when` becomes `expect.environment`, so that a token of another environment
 * is refused before a cloud is called.
 * @throws ConfigError where there is none
 */
export function entryFor(name: string, value: Entry | readonly Entry[], environment: string): Entry {
  const list: readonly Entry[] = Array.isArray(value) ? value : [value as Entry];
  const found = list.find((entry) => environmentsOf(entry)?.includes(environment) ?? true);
  if (found !== undefined) {
    return found.when === undefined
      ? found
      : ownCopy({ ...found, expect: ownCopy({ ...found.expect, environment }) });
  }
  const path = ['credentials', name];
  const there = list.flatMap((entry) => environmentsOf(entry) ?? []).join(', ');
  const message =
    `\`${pathText(path)}\` has nothing for the environment ${shown(environment)} (VERCEL_TARGET_ENV, else VERCEL_ENV, ` +
    `else development); it has ${shown(there)}. Add an entry with \`when: { environment: '${shown(environment)}' }\`.`;
  throw new ConfigError(FROM_CODE.name, [problemAt(FROM_CODE, path, { code: 'missing_option', message })]);
}

function needsWhen(path: KeyPath): Complaint {
  const message = `\`${pathText(path)}\` is missing: of several entries each says which environments it is for.`;
  return { path, code: 'missing_option', message };
}

function ambiguous(path: KeyPath, environment: string, other: string): Complaint {
  const message = `\`${pathText(path)}\`: \`${shown(other)}\` is for ${shown(environment)} already. One environment, one entry.`;
  return { path, code: 'conflicting_options', message };
}

function contradicts(path: KeyPath): Complaint {
  const message = `\`${pathText([...path, 'expect', 'environment'])}\` is none of the environments in \`when\`: no token could fit both.`;
  return { path: [...path, 'expect', 'environment'], code: 'conflicting_options', message };
}
