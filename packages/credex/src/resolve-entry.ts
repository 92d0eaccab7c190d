import { named } from './create-credentials.js';
import type { Config, Entry } from './entries.js';
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
