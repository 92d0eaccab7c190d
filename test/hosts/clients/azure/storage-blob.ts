import assert from 'node:assert/strict';
import { BlobServiceClient } from '@azure/storage-blob';
import { azureCredentialsProvider } from '@credex/azure';
import { TEXT, account, container, options, urls } from '../support/deployment.ts';

export async function call(): Promise<string> {
  const blobs = new BlobServiceClient(
    `${urls['azure-blob']}/${account}`,
    azureCredentialsProvider(options.azure),
  );
  const blob = blobs.getContainerClient(container).getBlockBlobClient('client.txt');
  await blob.upload(TEXT, TEXT.length);
  assert.equal((await blob.downloadToBuffer()).toString(), TEXT);
  return 'a blob written to the emulator and read';
}
