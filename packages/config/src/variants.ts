/** `when`: selects the entry of a name by environment. */

import { environmentVariable, ownCopy, shown } from '@credex/core/internal';
import type { Issue } from './check-option.js';
import { isObject, issueAt } from './check-option.js';
import { ConfigError } from './config-error.js';
import type { Entry } from './entries.js';
import type { KeyPath } from './key-path.js';
import { pathText } from './key-path.js';
import { FROM_CODE, problemAt } from './source.js';

/** Only VERCEL_TARGET_ENV names a custom environment. Without either variable, this is a developer's machine. */
export function currentEnvironment(): string {
  return environmentVariable('VERCEL_TARGET_ENV') ?? environmentVariable('VERCEL_ENV') ?? 'development';
}

/** The environments of an entry; undefined: all. Accepts values that were not checked yet. */
export function environmentsOf(entry: unknown): readonly string[] | undefined {
  const when = isObject(entry) ? entry['when'] : undefined;
  if (!isObject(when)) return undefined;
  const { environment } = when;
  const list: readonly unknown[] = Array.isArray(environment) ? environment : [environment];
  return list.filter((one) => typeof one === 'string');
}

/** Reports two entries for one environment, a list entry without `when`, and an `expect` that contradicts its `when`. */
export function* variantIssues(name: string, value: unknown): Generator<Issue> {
  const path = ['credentials', name];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) {
    yield issueAt(path, `\`${pathText(path)}\` is an empty list.`);
  }
  const firstEntry = new Map<string, number>();
  for (const [index, entry] of list.entries()) {
    if (!isObject(entry)) continue;
    const at: KeyPath = Array.isArray(value) ? [...path, index] : path;
    const environments = environmentsOf(entry);
    if (environments === undefined) {
      if (list.length > 1 && entry['when'] === undefined) yield needsWhen([...at, 'when']);
      continue;
    }
    for (const environment of new Set(environments)) {
      const other = firstEntry.get(environment);
      if (other === undefined) firstEntry.set(environment, index);
      else yield ambiguous([...at, 'when', 'environment'], environment, pathText([...path, other]));
    }
    const expected = isObject(entry['expect']) ? entry['expect']['environment'] : undefined;
    if (typeof expected === 'string' && !environments.includes(expected)) yield contradicts(at);
  }
}

/**
 * The one entry for this environment. Its `when` becomes `expect.environment`, so that a token of another environment
 * is refused before a cloud is called.
 * @throws ConfigError if there is none
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
  const environments = list.flatMap((entry) => environmentsOf(entry) ?? []).join(', ');
  const message =
    `\`${pathText(path)}\` has no entry for the environment ${shown(environment)} (VERCEL_TARGET_ENV, else VERCEL_ENV, ` +
    `else development), only for ${shown(environments)}. Add an entry with \`when: { environment: '${shown(environment)}' }\`.`;
  throw new ConfigError(FROM_CODE.name, [problemAt(FROM_CODE, path, { code: 'missing_option', message })]);
}

function needsWhen(path: KeyPath): Issue {
  const message = `\`${pathText(path)}\` is missing: in a list, each entry must name its environments.`;
  return issueAt(path, message, 'missing_option');
}

function ambiguous(path: KeyPath, environment: string, other: string): Issue {
  const message = `\`${pathText(path)}\`: \`${shown(other)}\` is already for ${shown(environment)}. Keep one entry for each environment.`;
  return issueAt(path, message, 'conflicting_options');
}

function contradicts(path: KeyPath): Issue {
  const message = `\`${pathText([...path, 'expect', 'environment'])}\` is not one of the environments in \`when\`, so no token can match both. Make them agree.`;
  return issueAt([...path, 'expect', 'environment'], message, 'conflicting_options');
}
