import { overlaid } from './apply-environment.js';
import { checkedConfig } from './check-config.js';
import type { Config } from './entries.js';
import { credexVariables } from './environment.js';
import type { LoadOptions } from './find-config.js';

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
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  const { foundConfig } = await import('./find-config.js');
  const { raw, source } = await foundConfig(options);
  const { raw: whole, variables, problems } = overlaid(raw, credexVariables());
  return checkedConfig(whole, { ...source, variables }, problems);
}
