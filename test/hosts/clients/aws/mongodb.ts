import { awsCredentialsProvider } from '@credex/aws';
import { MongoClient } from 'mongodb';
import { options } from '../support/deployment.ts';
import { startMongo } from '../support/mongo.ts';
import { assertSigned } from '../support/sigv4.ts';

export async function call(): Promise<string> {
  const server = await startMongo((request) => assertSigned(request, 'sts'));
  const client = new MongoClient(server.url, {
    authMechanism: 'MONGODB-AWS',
    authMechanismProperties: { AWS_CREDENTIAL_PROVIDER: awsCredentialsProvider(options.aws) },
  });
  try {
    await client.db('shop').command({ ping: 1 });
  } finally {
    await client.close();
  }
  return 'the SASL conversation over the wire; the signed GetCallerIdentity was verified, STS was not asked';
}
