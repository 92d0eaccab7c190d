import assert from 'node:assert/strict';
import { DsqlSigner } from '@aws-sdk/dsql-signer';
import { awsCredentialsProvider } from '@credex/aws';
import { options, region } from '../support/deployment.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const signer = new DsqlSigner({
    region,
    hostname: 'abc.dsql.eu-west-1.on.aws',
    credentials: awsCredentialsProvider(options.aws),
  });
  const password = await signer.getDbConnectAuthToken();
  const url = new URL(`https://${password}`);
  assert.equal(url.searchParams.get('Action'), 'DbConnect');
  await assertSigned({ method: 'GET', url, headers: { host: url.host }, body: Buffer.alloc(0) }, 'dsql');
  return 'the password was verified as DSQL does; nothing is sent';
}
