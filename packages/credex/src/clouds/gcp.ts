import type { GcpEntry } from '@credex/config';
import { optionNames } from '@credex/core/internal';
import type { CodeOnly, CredexCloud } from './cloud.js';

/** Settings for all Google Cloud entries. */
export interface GcpSettings
  extends CodeOnly<GcpEntry>, Pick<GcpEntry, 'stsEndpoint' | 'iamCredentialsEndpoint' | 'universeDomain'> {
  readonly exchanger?: import('@credex/gcp').GcpExchangerFactory | undefined;
}

export const gcp: CredexCloud<{
  provider: import('@credex/gcp').GcpCredentialsProvider;
  credentials: import('@credex/gcp').GcpCredentials;
  settings: GcpSettings;
}> = {
  settings: optionNames<GcpSettings>({
    exchanger: true,
    stsEndpoint: true,
    iamCredentialsEndpoint: true,
    universeDomain: true,
    origins: true,
    allowLoopbackHttp: true,
  }),
  factory: async (failed) => (await import('@credex/gcp').catch(failed)).gcpCredentialsProvider,
  requests: async () => (await import('./gcp-requests.js')).gcpRequests,
};
