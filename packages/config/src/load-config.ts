import { OptionError } from '@credex/core';
import { environmentVariable, optionNames, ownOptions } from '@credex/core/internal';
import { applyEnvironment, credexVariables } from './apply-environment.js';
import { checkedConfig, ownTree } from './check-config.js';
import type { Config } from './define-config.js';
import type { Found, LoadOptions } from './load-options.js';
import { CONFIG_VARIABLE, FROM_CODE } from './config-error.js';

const LOAD_OPTION_NAMES: readonly string[] = optionNames<LoadOptions>({
  directory: true,
  file: true,
  config: true,
});

/**
 * Finds the configuration, applies the environment variables, and checks the result.
 *
 * `CREDEX_CONFIG` (JSON) replaces the file. `CREDEX_DEFAULT` sets the default. `CREDEX_<NAME>_<OPTION>` sets one option:
 * `CREDEX_STORE_ROLE_ARN` sets `credentials.store.roleArn`. Only code may set the options that decide where a token is
 * sent (endpoints, origins, `universeDomain`, `allowLoopbackHttp`); in JSON and in variables they are an error.
 *
 * @example
 * const credentials = createCredentials(await loadConfig({ directory: import.meta.dirname }));
 * @throws ConfigError with every problem: its key and, in JSON, its line and column
 */
export async function loadConfig(given: LoadOptions = {}): Promise<Config> {
  const options = ownOptions('loadConfig', given, LOAD_OPTION_NAMES);
  return configOf(await found(options));
}

/** Applies the environment variables, and checks the result. @throws ConfigError */
export function configOf({ raw, source }: Found): Config {
  const { raw: whole, variables, problems } = applyEnvironment(ownTree(raw), credexVariables());
  return checkedConfig(whole, { ...source, variables }, problems);
}

async function found(options: LoadOptions): Promise<Found> {
  const { directory, file, config } = options;
  if (config !== undefined && (directory !== undefined || file !== undefined)) {
    const message = '`config` is the configuration itself: remove `directory` and `file`.';
    throw new OptionError('conflicting_options', 'config', undefined, message);
  }
  const given = environmentVariable(CONFIG_VARIABLE);
  if (given !== undefined) return (await import('./read-json.js')).readJson(CONFIG_VARIABLE, given);
  if (config !== undefined) return { raw: config, source: FROM_CODE };
  return (await import('#config-file')).foundFile(options);
}
