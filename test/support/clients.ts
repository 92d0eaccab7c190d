/** Official clients, set up to reach the emulator and nothing else; how they get credentials is the test's. */

import { S3Client } from '@aws-sdk/client-s3';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { BlobServiceClient } from '@azure/storage-blob';
import type { StoragePipelineOptions } from '@azure/storage-blob';
import type { TokenCredential } from '@azure/core-auth';
import type { Emulator } from '@credex/testing/emulator';
import type { StorageOptions } from '@google-cloud/storage';
import { AWS, AZURE, GCP } from './trust.js';

export function s3Client(emulator: Emulator, config: S3ClientConfig): S3Client {
  return new S3Client({
    region: AWS.region,
    endpoint: emulator.url('aws-s3'),
    forcePathStyle: true,
    ...config,
  });
}

/** Of `new Storage()`, 7 and 8 alike. */
export function storageOptions(
  emulator: Emulator,
): Pick<StorageOptions, 'projectId' | 'apiEndpoint' | 'useAuthWithCustomEndpoint'> {
  return {
    projectId: GCP.projectId,
    apiEndpoint: emulator.url('gcp-storage'),
    useAuthWithCustomEndpoint: true,
  };
}

/** Over TLS, since blob storage takes no bearer token without it. */
export function blobServiceClient(
  emulator: Emulator,
  credential: TokenCredential,
  account: string = AZURE.account,
): BlobServiceClient {
  // The pipeline under it takes TLS options, which its own type leaves out.
  const options: StoragePipelineOptions & { tlsOptions: { ca: string } } = {
    retryOptions: { maxTries: 1 },
    tlsOptions: { ca: emulator.ca },
  };
  return new BlobServiceClient(`${emulator.tlsUrl('azure-blob')}/${account}`, credential, options);
}
