import assert from 'node:assert/strict';
import { awsCredentialsProvider } from '@credex/aws';
import { Client } from '@opensearch-project/opensearch';
import { AwsSigv4Signer } from '@opensearch-project/opensearch/aws-v3';
import { options, region } from '../support/deployment.ts';
import { startLoopback } from '../support/loopback.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const server = await startLoopback(() => ({ body: { hits: { hits: [{ _source: { pears: 3 } }] } } }));
  const client = new Client({
    ...AwsSigv4Signer({ region, service: 'es', getCredentials: awsCredentialsProvider(options.aws) }),
    node: server.origin,
  });
  const { body } = await client.search({ index: 'orders', body: { query: { match_all: {} } } });
  assert.deepEqual(body.hits.hits[0]?._source, { pears: 3 });
  await assertSigned(server.last(), 'es');
  return 'a search: the signature is that of the session';
}
