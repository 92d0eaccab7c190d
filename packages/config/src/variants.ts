/** `when`: selects the entry of a name by environment. */

import { environmentVariable, ownCopy, shown, didYouMean } from '@credex/core/internal';
import { isObject, issueAt, type Issue } from './check-option.js';
import { ConfigError, pathText, FROM_CODE, problemAt, shownKey, type KeyPath } from './config-error.js';
import type { Entry, Config } from './define-config.js';
import { OptionError } from '@credex/core';

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

/** The entry of a name in the current environment. */
export interface ResolvedEntry {
  readonly name: string;
  /** If it has a `when`, its `expect.environment` is the current environment. */
  readonly entry: Entry;
}

/**
 * Returns the entry that `createCredentials` would use for a name in this environment, for tools that show or test it.
 * Loads no package and sends no request.
 *
 * @param config the result of `loadConfig`
 * @param name default: the configuration's `default`
 * @example
 * const { name, entry } = resolveEntry(await loadConfig(), 'store');
 * @throws OptionError for an unknown name; ConfigError if the name has no entry for this environment
 */
export function resolveEntry(config: Config, name?: string): ResolvedEntry {
  const found = named(name ?? config.default, Object.keys(config.credentials));
  return { name: found, entry: entryFor(found, config.credentials[found] ?? [], currentEnvironment()) };
}

/** @throws OptionError for an unknown name */
export function named(name: string | undefined, names: readonly string[]): string {
  if (name !== undefined && names.includes(name)) return name;
  const known = `It has ${names.join(', ')}.`;
  throw name === undefined
    ? new OptionError(
        'missing_option',
        'name',
        'CREDEX_DEFAULT',
        `\`name\` is missing, and the configuration has no \`default\`. ${known}`,
      )
    : new OptionError(
        'invalid_option',
        'name',
        undefined,
        `The configuration has no credential named \`${shownKey(String(name))}\`. ${known}${didYouMean(String(name), names)}`,
      );
}
