import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { Storage } from '@google-cloud/storage';
import { TEXT, bucket, options, projectId, urls } from '../support/deployment.ts';

export async function call(): Promise<string> {
  const storage = new Storage({
    projectId,
    apiEndpoint: urls['gcp-storage'],
    useAuthWithCustomEndpoint: true,
    authClient: googleAuthClient(options.gcp),
  });
  const file = storage.bucket(bucket).file('orders/8.txt');
  await file.save(TEXT, { resumable: false });
  const [read] = await file.download();
  assert.equal(read.toString(), TEXT);
  return 'an object written to the emulator and read';
}
