import { OptionError } from '@credex/core';
import { didYouMean } from '@credex/core/driver';
import type { Config, Entry } from './entries.js';
import { shownKey } from './key-path.js';
import { currentEnvironment, entryFor } from './variants.js';

/** What a name of a configuration means here. */
export interface ResolvedEntry {
  readonly name: string;
  /** Its `when`, where it has one, is its `expect.environment` too. */
  readonly entry: Entry;
}

/**
 * The entry that `createCredentials` would use for a name in this environment, for tools that show or test it. Nothing
 * is loaded and nobody is asked.
 *
 * @param config what `loadConfig` gave
 * @param name default: the configuration's `default`
 * @example
 * const { name, entry } = resolveEntry(await loadConfig(), 'store');
 * @throws OptionError for a name that isn't there; ConfigError where it has nothing for this environment
 */
export function resolveEntry(config: Config, name?: string): ResolvedEntry {
  const found = named(name ?? config.default, Object.keys(config.credentials));
  return { name: found, entry: entryFor(found, config.credentials[found] ?? [], currentEnvironment()) };
}

/** @throws OptionError for a name that isn't there */
export function named(name: string | undefined, names: readonly string[]): string {
  if (name !== undefined && names.includes(name)) return name;
  const there = `There are ${names.join(', ')}.`;
  throw name === undefined
    ? new OptionError(
        'missing_option',
        'name',
        'CREDEX_DEFAULT',
        `\`name\` is missing, and the configuration has no \`default\`. ${there}`,
      )
    : new OptionError(
        'invalid_option',
        'name',
        undefined,
        `The configuration has no credentials by the name \`${shownKey(String(name))}\`. ${there}${didYouMean(String(name), names)}`,
      );
}
