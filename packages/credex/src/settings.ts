/** What is given in code beside the configuration. */

import type { AwsEntry, AzureEntry, Entry, GcpEntry, ProviderName } from '@credex/config';
import { optionsOf } from '@credex/config/internal';
import type { SharedOptions } from '@credex/core';
import { SHARED_OPTION_NAMES, invalidOption, optionNames, ownCopy, ownOptions } from '@credex/core/driver';

type OfCode<E> = Pick<E, Extract<keyof E, 'origins' | 'allowLoopbackHttp'>>;

/** What all entries of AWS are given. */
export interface AwsSettings extends OfCode<AwsEntry>, Pick<AwsEntry, 'endpoint'> {
  readonly exchanger?: import('@credex/aws').AwsExchangerFactory | undefined;
}

/** What all entries of Google Cloud are given. */
export interface GcpSettings
  extends OfCode<GcpEntry>, Pick<GcpEntry, 'stsEndpoint' | 'iamCredentialsEndpoint' | 'universeDomain'> {
  readonly exchanger?: import('@credex/gcp').GcpExchangerFactory | undefined;
}

/** What all entries of Azure are given. */
export interface AzureSettings extends OfCode<AzureEntry>, Pick<AzureEntry, 'authorityHost'> {
  readonly exchanger?: import('@credex/azure').AzureExchangerFactory | undefined;
}

/**
 * Functions and objects, which are no data: `tokenSource`, `cache`, `fetch`, `clock`, `random`, `onEvent`,
 * `invocation` for all entries, and by cloud the exchanger and what decides where a token goes. An entry's own word comes first.
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

/** @throws OptionError for a name that nothing is known by; the values are judged by those who use them. */
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

/** The options of the cloud's own factory: settings for all, settings of this cloud, the entry's own. */
export function factoryOptions(
  { aws, gcp, azure, ...shared }: CredentialsSettings,
  entry: Entry,
): Readonly<Record<string, unknown>> {
  const { origins: _settingsOrigins, ...cloud } = { aws, gcp, azure }[entry.provider] ?? {};
  return ownCopy({ ...shared, ...cloud, ...optionsOf(entry) });
}
