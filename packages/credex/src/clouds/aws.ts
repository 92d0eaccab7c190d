import type { AwsEntry } from '@credex/config';
import { optionNames } from '@credex/core/internal';
import type { CodeOnly, CredexCloud } from './cloud.js';

/** Settings for all AWS entries. */
export interface AwsSettings extends CodeOnly<AwsEntry>, Pick<AwsEntry, 'endpoint'> {
  readonly exchanger?: import('@credex/aws').AwsExchangerFactory | undefined;
}

export const aws: CredexCloud<{
  provider: import('@credex/aws').AwsCredentialsProvider;
  credentials: import('@credex/aws').AwsCredentials;
  settings: AwsSettings;
}> = {
  settings: optionNames<AwsSettings>({
    exchanger: true,
    endpoint: true,
    origins: true,
    allowLoopbackHttp: true,
  }),
  factory: async (failed) => (await import('@credex/aws').catch(failed)).awsCredentialsProvider,
  requests: async () => (await import('./aws-requests.js')).awsRequests,
};
