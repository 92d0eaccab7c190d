/** The four kinds of credential, as one table that tests run down. */

import { getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import type { Credential, CredentialCall, SharedOptions } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { getGcpCredentials } from '@credex/gcp';
import type { LogEntry, ServiceName } from '@credex/testing/emulator';
import { clearEnvironment } from './environment.js';
import { by } from './ways.js';
import type { useFixture } from './use-fixture.js';

export type Fixture = ReturnType<typeof useFixture>;

export type Call = Pick<CredentialCall<never>, 'signal'>;

export interface Cloud {
  readonly name: 'aws' | 'gcp federated' | 'gcp impersonated' | 'azure';
  readonly provider: 'aws' | 'gcp' | 'azure';
  /** Where the subject token is shown. */
  readonly service: ServiceName;
  /** The further step, where there is one. */
  readonly second?: ServiceName;
  /** `more`: options of this cloud in place of the fixture's. */
  get(fixture: Fixture, shared: SharedOptions, more?: object, call?: Call): Promise<Credential>;
}

export const CLOUDS: readonly Cloud[] = [
  {
    name: 'aws',
    provider: 'aws',
    service: 'aws-sts',
    get: (fixture, shared, more, call) =>
      getAwsCredentials({ ...fixture.options.aws, ...shared, ...more }, call),
  },
  {
    name: 'gcp federated',
    provider: 'gcp',
    service: 'gcp-sts',
    get: (fixture, shared, more, call) =>
      getGcpCredentials({ ...fixture.options.gcpFederated, ...shared, ...more }, call),
  },
  {
    name: 'gcp impersonated',
    provider: 'gcp',
    service: 'gcp-sts',
    second: 'gcp-iam-credentials',
    get: (fixture, shared, more, call) =>
      getGcpCredentials({ ...fixture.options.gcp, ...shared, ...more }, call),
  },
  {
    name: 'azure',
    provider: 'azure',
    service: 'entra',
    get: (fixture, shared, more, call) =>
      getAzureCredentials({ ...fixture.options.azure, ...shared, ...more }, call),
  },
];

export type CloudName = Cloud['name'];

/** How many requests the token services got, of `cloud` or of all. */
export function tokenRequests({ emulator }: Fixture, cloud?: Cloud): number {
  const asked = cloud === undefined ? CLOUDS : [cloud];
  const services = new Set(
    asked.flatMap(({ service, second }) => (second === undefined ? [service] : [service, second])),
  );
  return emulator.log.entries().filter((entry: LogEntry) => services.has(entry.service)).length;
}

/** Loads the SDKs, so that no case is charged for it. */
export async function warmUp(fixture: Fixture): Promise<void> {
  clearEnvironment();
  const token = await fixture.mint();
  for (const cloud of CLOUDS) {
    const more = by('sdk', cloud.provider, fixture.emulator);
    await cloud.get(fixture, { tokenSource: () => token, cache: createCredentialCache() }, more);
  }
  fixture.emulator.log.clear();
}
