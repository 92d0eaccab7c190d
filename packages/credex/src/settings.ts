/** The settings that are passed in code in addition to the configuration. */

import type { Entry, ProviderName } from '@credex/config';
import { optionsOf } from '@credex/config/internal';
import type { SharedOptions } from '@credex/core';
import { SHARED_OPTION_NAMES, invalidOption, ownCopy, ownOptions } from '@credex/core/internal';
import type { FactoryOptions } from './clouds/cloud.js';
import type { CloudSettings } from './clouds/clouds.js';
import { CLOUDS } from './clouds/clouds.js';

/** Options of an entry, which are no settings. */
const OF_ENTRY = ['audience', 'expect', 'timeoutMs', 'minValidityMs'] as const;

/**
 * Functions and objects, which a configuration of plain data cannot contain: `tokenSource`, `cache`, `fetch`, `clock`,
 * `random`, `onEvent` and `invocation` for all entries; for each cloud the exchanger and the options that decide where a
 * token is sent. An option of an entry overrides the setting.
 */
export interface CredentialsSettings extends Omit<SharedOptions, (typeof OF_ENTRY)[number]>, CloudSettings {}

const SHARED: readonly string[] = SHARED_OPTION_NAMES.filter((name) => !OF_ENTRY.some((one) => one === name));

/** @throws OptionError for an unknown name. The values are checked where they are used. */
export function checkedSettings(given: CredentialsSettings): CredentialsSettings {
  const settings = ownOptions('createCredentials', given, [...SHARED, ...Object.keys(CLOUDS)]);
  for (const [cloud, { settings: names }] of Object.entries(CLOUDS)) {
    const own: unknown = settings[cloud as ProviderName];
    if (own === undefined) continue;
    if (typeof own !== 'object' || own === null) throw invalidOption({ option: cloud }, 'an object', own);
    Object.assign(settings, { [cloud]: ownOptions(`createCredentials (${cloud})`, own, names) });
  }
  return settings;
}

/** The options of the cloud's factory. Later ones override: shared settings, settings of the cloud, the entry. */
export function factoryOptions(settings: CredentialsSettings, entry: Entry): FactoryOptions {
  const shared = Object.entries(settings).filter(([name]) => SHARED.includes(name));
  const { origins: _settingsOrigins, ...cloud } = settings[entry.provider] ?? {};
  return ownCopy({ ...Object.fromEntries(shared), ...cloud, ...optionsOf(entry) });
}
