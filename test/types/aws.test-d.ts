// Compiled, never run: the shapes of @credex/aws against AWS's own types.
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentials, AwsCredentialsProvider, AwsExchangerFactory, AwsRequest } from '@credex/aws';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import { clientStsExchanger } from '@credex/aws/client-sts';
import type { CredentialProvider } from '@credex/core';
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types';

const roleArn = 'arn:aws:iam::123456789012:role/app';
const provider = awsCredentialsProvider({ roleArn });

// What any AWS client takes as `credentials`.
provider satisfies AwsCredentialIdentityProvider;
new S3Client({ credentials: provider });
new STSClient({ region: 'eu-west-1', credentials: provider });
new S3Client({ credentials: await getAwsCredentials({ roleArn }) });

// What every credex provider is.
provider satisfies CredentialProvider<AwsCredentials, AwsRequest>;
provider satisfies AwsCredentialsProvider;

// The SDK writes it.
provider.memoized = true;

const credentials = await provider();
credentials satisfies AwsCredentialIdentity;
credentials.expiration satisfies Date;
credentials.expiresAt satisfies number;
credentials.accountId satisfies string;
credentials.sessionToken satisfies string;
// @ts-expect-error -- a credential is read-only
credentials.accessKeyId = 'x';

await provider.getCredentials({ forceRefresh: true, request: { region: 'eu-west-1' } });
// @ts-expect-error -- AWS has no scopes
await provider.getCredentials({ request: { scopes: [] } });
provider.invalidate(credentials);
provider.invalidate((held) => held.expiration.getTime() > 0);
provider.status().state satisfies string;

// Options: undefined is the same as left out; the wrong type and the unknown name are not.
awsCredentialsProvider({
  roleArn,
  region: undefined,
  durationSeconds: undefined,
  policy: { Version: '2012-10-17', Statement: [] },
  policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] as const,
  tokenSource: () => Promise.resolve('token'),
  exchanger: clientStsExchanger({ client: new STSClient({}) }),
});
awsCredentialsProvider();
// @ts-expect-error -- seconds are a number
awsCredentialsProvider({ roleArn, durationSeconds: '3600' });
// @ts-expect-error -- no such option
awsCredentialsProvider({ role_arn: roleArn });
// @ts-expect-error -- a region is text; the calling client's is asked for anyway
awsCredentialsProvider({ roleArn, region: () => Promise.resolve('eu-west-1') });
// @ts-expect-error -- a factory of exchangers, not a client
awsCredentialsProvider({ roleArn, exchanger: new STSClient({}) });

// An exchanger of one's own: a function of the asserted configuration.
const own: AwsExchangerFactory = (configuration) => {
  configuration.policyArns satisfies readonly string[];
  // @ts-expect-error -- asserted, and frozen
  configuration.roleArn = 'x';
  return clientStsExchanger()(configuration);
};
awsCredentialsProvider({ roleArn, exchanger: own });
