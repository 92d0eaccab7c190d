import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import type { drive_v3 } from 'googleapis';
import { google } from 'googleapis';
import { assertGoogleToken } from '../support/bearer.ts';
import { options } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(() => ({ body: { files: [{ name: 'orders.csv' }] } }));
  const drive = google.drive({
    version: 'v3',
    rootUrl: server.origin,
    auth: googleAuthClient<drive_v3.Options['auth']>(options.gcp),
  });
  const { data } = await drive.files.list();
  assert.deepEqual(
    data.files?.map(({ name }) => name),
    ['orders.csv'],
  );
  await assertGoogleToken(server.last().headers['authorization']);
  return 'files.list of Drive: the bearer token is the service account’s';
}
