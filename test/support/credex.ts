/** Configurations as a team would write them, and the code that leads them to the emulator. */

import type { CredentialsSettings } from 'credex';
import type { Emulator } from '@credex/testing/emulator';
import { azureIdentityExchanger } from '@credex/azure/identity';
import type { Clock } from '@credex/core';
import { AWS, AZURE, GCP } from './trust.js';

export const STORES = {
  aws: { provider: 'aws', roleArn: AWS.roleArn, region: AWS.region },
  gcp: {
    provider: 'gcp',
    projectNumber: GCP.projectNumber,
    workloadIdentityPoolId: GCP.workloadIdentityPoolId,
    workloadIdentityPoolProviderId: GCP.workloadIdentityPoolProviderId,
    serviceAccountEmail: GCP.serviceAccountEmail,
  },
  azure: {
    provider: 'azure',
    tenantId: AZURE.tenantId,
    clientId: AZURE.clientId,
    scopes: 'https://storage.azure.com/.default',
  },
} as const;

/** Endpoints and origins are said in code: here is the code. */
export function emulatorSettings(
  emulator: Emulator,
  clock: Clock,
): CredentialsSettings & Required<Pick<CredentialsSettings, 'aws' | 'gcp' | 'azure'>> {
  const allowLoopbackHttp = true;
  return {
    clock,
    aws: { endpoint: emulator.url('aws-sts'), origins: [emulator.url('aws-s3')], allowLoopbackHttp },
    gcp: {
      stsEndpoint: emulator.url('gcp-sts'),
      iamCredentialsEndpoint: emulator.url('gcp-iam-credentials'),
      origins: [emulator.url('gcp-storage')],
      allowLoopbackHttp,
    },
    azure: {
      authorityHost: emulator.tlsUrl('entra'),
      origins: [emulator.tlsUrl('azure-blob')],
      exchanger: azureIdentityExchanger({ clientOptions: { tlsOptions: { ca: emulator.ca } } }),
    },
  };
}
