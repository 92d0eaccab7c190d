/** The settings that are passed in code in addition to the configuration. */

import type { AwsEntry, AzureEntry, Entry, GcpEntry, ProviderName } from '@credex/config';
import { optionsOf } from '@credex/config/internal';
import type { SharedOptions } from '@credex/core';
import { SHARED_OPTION_NAMES, invalidOption, optionNames, ownCopy, ownOptions } from '@credex/core/driver';

type CodeOnly<E> = Pick<E, Extract<keyof E, 'origins' | 'allowLoopbackHttp'>>;

/** Settings for all AWS entries. */
export interface AwsSettings extends CodeOnly<AwsEntry>, Pick<AwsEntry, 'endpoint'> {
  readonly exchanger?: import('@credex/aws').AwsExchangerFactory | undefined;
}

/** Settings for all Google Cloud entries. */
export interface GcpSettings
  extends CodeOnly<GcpEntry>, Pick<GcpEntry, 'stsEndpoint' | 'iamCredentialsEndpoint' | 'universeDomain'> {
  readonly exchanger?: import('@credex/gcp').GcpExchangerFactory | undefined;
}

/** Settings for all Azure entries. */
export interface AzureSettings extends CodeOnly<AzureEntry>, Pick<AzureEntry, 'authorityHost'> {
  readonly exchanger?: import('@credex/azure').AzureExchangerFactory | undefined;
}

/**
 * Functions and objects, which a configuration of plain data cannot contain: `tokenSource`, `cache`, `fetch`, `clock`,
 * `random`, `onEvent` and `invocation` for all entries; for each cloud the exchanger and the options that decide where a
 * token is sent. An option of an entry overrides the setting.
 */
export interface CredentialsSettings extends Omit<
  SharedOptions,
  'audience' | 'expect' | 'timeoutMs' | 'minValidityMs'
> {
  readonly aws?: AwsSettings | undefined;
  readonly gcp?: GcpSettings | undefined;
  readonly azure?: AzureSettings | undefined;
}

const SHARED: readonly string[] = SHARED_OPTION_NAMES.filter(
  (name) => !['audience', 'expect', 'timeoutMs', 'minValidityMs'].includes(name),
);

const OF_CLOUD: Readonly<Record<ProviderName, readonly string[]>> = {
  aws: optionNames<AwsSettings>({ exchanger: true, endpoint: true, origins: true, allowLoopbackHttp: true }),
  gcp: optionNames<GcpSettings>({
    exchanger: true,
    stsEndpoint: true,
    iamCredentialsEndpoint: true,
    universeDomain: true,
    origins: true,
    allowLoopbackHttp: true,
  }),
  azure: optionNames<AzureSettings>({
    exchanger: true,
    authorityHost: true,
    origins: true,
    allowLoopbackHttp: true,
  }),
};

/** @throws OptionError for an unknown name. The values are checked where they are used. */
export function checkedSettings(given: CredentialsSettings): CredentialsSettings {
  const settings = ownOptions('createCredentials', given, [...SHARED, ...Object.keys(OF_CLOUD)]);
  for (const [cloud, names] of Object.entries(OF_CLOUD)) {
    const own: unknown = settings[cloud as ProviderName];
    if (own === undefined) continue;
    if (typeof own !== 'object' || own === null) throw invalidOption({ option: cloud }, 'an object', own);
    const checked = ownOptions(`createCredentials (${cloud})`, own, names);
    Object.assign(settings, { [cloud]: checked });
  }
  return settings;
}

/** The options of the cloud's factory. Later ones override: shared settings, settings of the cloud, the entry. */
export function factoryOptions(
  { aws, gcp, azure, ...shared }: CredentialsSettings,
  entry: Entry,
): Readonly<Record<string, unknown>> {
  const { origins: _settingsOrigins, ...cloud } = { aws, gcp, azure }[entry.provider] ?? {};
  return ownCopy({ ...shared, ...cloud, ...optionsOf(entry) });
}
