import { OptionError } from '@credex/core';
import { didYouMean } from '@credex/core/internal';
import type { Config, Entry } from './entries.js';
import { shownKey } from './key-path.js';
import { currentEnvironment, entryFor } from './variants.js';

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
