/** The official client of blob storage, set up to reach the emulator and nothing else. */

import type { TokenCredential } from '@azure/core-auth';
import { BlobServiceClient } from '@azure/storage-blob';
import type { StoragePipelineOptions } from '@azure/storage-blob';
import type { Emulator } from '@credex/testing/emulator';
import { AZURE } from './trust.js';

/** Over TLS, since blob storage takes no bearer token without it. */
export function blobServiceClient(
  emulator: Emulator,
  credential: TokenCredential,
  url: string = `${emulator.tlsUrl('azure-blob')}/${AZURE.account}`,
): BlobServiceClient {
  // The pipeline under it takes TLS options, which its own type leaves out.
  const options: StoragePipelineOptions & { tlsOptions: { ca: string } } = {
    retryOptions: { maxTries: 1 },
    tlsOptions: { ca: emulator.ca },
  };
  return new BlobServiceClient(url, credential, options);
}
