import { OptionError } from '@credex/core';
import { environmentVariable, optionNames, ownOptions } from '@credex/core/driver';
import { WHOLE, overlaid } from './apply-environment.js';
import { checkedConfig, ownTree } from './check-config.js';
import type { Config } from './entries.js';
import { credexVariables } from './environment.js';
import type { Found, LoadOptions } from './load-options.js';
import { FROM_CODE } from './source.js';

const LOAD_OPTION_NAMES: readonly string[] = optionNames<LoadOptions>({
  directory: true,
  file: true,
  config: true,
});

/**
 * Finds the configuration, lays the environment over it, and checks the whole.
 *
 * `CREDEX_CONFIG` (JSON) takes the file's place; `CREDEX_DEFAULT` names the default; `CREDEX_<NAME>_<OPTION>` says one
 * option, `CREDEX_STORE_ROLE_ARN` that of `credentials.store.roleArn`. What decides where a token goes (endpoints,
 * origins, `universeDomain`, `allowLoopbackHttp`) is taken from code alone: JSON and variables that name it are refused.
 *
 * @example
 * const credentials = createCredentials(await loadConfig({ directory: import.meta.dirname }));
 * @throws ConfigError with every problem, each with its key and, in JSON, its line and column
 */
export async function loadConfig(given: LoadOptions = {}): Promise<Config> {
  const options = ownOptions('loadConfig', given, LOAD_OPTION_NAMES);
  const { raw, source } = await found(options);
  const { raw: whole, variables, problems } = overlaid(ownTree(raw), credexVariables());
  return checkedConfig(whole, { ...source, variables }, problems);
}

async function found(options: LoadOptions): Promise<Found> {
  const { directory, file, config } = options;
  if (config !== undefined && (directory !== undefined || file !== undefined)) {
    const message = '`config` is the configuration itself: leave `directory` and `file` out.';
    throw new OptionError('conflicting_options', 'config', undefined, message);
  }
  const given = environmentVariable(WHOLE);
  if (given !== undefined) return (await import('./read-json.js')).readJson(WHOLE, given);
  if (config !== undefined) return { raw: config, source: FROM_CODE };
  return (await import('#config-file')).foundFile(options);
}
