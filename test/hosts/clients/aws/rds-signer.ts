import assert from 'node:assert/strict';
import { Signer } from '@aws-sdk/rds-signer';
import { awsCredentialsProvider } from '@credex/aws';
import { options, region } from '../support/deployment.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const signer = new Signer({
    region,
    hostname: 'shop.cluster-abc.eu-west-1.rds.amazonaws.com',
    port: 5432,
    username: 'app',
    credentials: awsCredentialsProvider(options.aws),
  });
  const password = await signer.getAuthToken();
  const url = new URL(`https://${password}`);
  assert.equal(url.searchParams.get('DBUser'), 'app');
  await assertSigned({ method: 'GET', url, headers: { host: url.host }, body: Buffer.alloc(0) }, 'rds-db');
  return 'the password was verified as RDS does; nothing is sent';
}
