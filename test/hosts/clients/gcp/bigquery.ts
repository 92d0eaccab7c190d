import assert from 'node:assert/strict';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { BigQuery } from '@google-cloud/bigquery';
import { assertGoogleToken } from '../support/bearer.ts';
import { options, projectId } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';

export async function call(): Promise<string> {
  const datasetReference = { projectId, datasetId: 'orders' };
  const server = await startLoopback(() => ({ body: { datasets: [{ id: 'orders', datasetReference }] } }));
  const bigquery = new BigQuery({
    projectId,
    apiEndpoint: server.origin,
    authClient: googleAuthClient(options.gcp),
  });
  const [datasets] = await bigquery.getDatasets();
  assert.deepEqual(
    datasets.map(({ id }) => id),
    ['orders'],
  );
  await assertGoogleToken(server.last().headers['authorization']);
  return 'datasets.list: the bearer token is the service account’s';
}
