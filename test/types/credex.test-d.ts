// A configuration and what it gives, by type. Compiled, never run.
import type { AwsCredentials, AwsCredentialsProvider, AwsCredentialsProviderOptions } from '@credex/aws';
import type { AzureCredentialsProvider, AzureCredentialsProviderOptions } from '@credex/azure';
import type { CredentialProvider, OptionError } from '@credex/core';
import type { GcpCredentialsProvider, GcpCredentialsProviderOptions } from '@credex/gcp';
import { S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient } from '@azure/storage-blob';
import type { AnyProvider, AwsEntry, AzureEntry, Config, GcpEntry } from 'credex';
import { ConfigError, createCredentials, defineConfig, getCredentials, loadConfig } from 'credex';
import { aws, azure, gcp, roleArn } from './entries.js';

const config = defineConfig({
  default: 'store',
  credentials: {
    store: {
      provider: 'aws',
      roleArn,
      region: 'eu-west-1',
      expect: { projectId: 'prj_shop' },
      local: 'profile',
    },
    data: { ...gcp, scopes: ['openid'], when: { environment: ['production', 'preview'] } },
    blobs: { ...azure, additionallyAllowedTenants: '*' },
    either: [
      { ...aws, when: { environment: 'production' } },
      { ...gcp, when: { environment: ['preview', 'development'] } },
    ],
  },
});

// With a name, the provider of that cloud; without one, the default provider.
const credentials = createCredentials(config, {
  onEvent: () => undefined,
  aws: { endpoint: 'https://sts.example' },
});
const store: AwsCredentialsProvider = await credentials.get('store');
const usual: AwsCredentialsProvider = await credentials.get();
const data: GcpCredentialsProvider = await credentials.get('data');
const blobs: AzureCredentialsProvider = await credentials.get('blobs');
const either: AwsCredentialsProvider | GcpCredentialsProvider = await credentials.get('either');
const keys: AwsCredentials = await credentials.getCredentials('store', { forceRefresh: true });
const { accessToken } = await credentials.getCredentials('data');
const { token } = await credentials.getCredentials('blobs');
const s3 = new S3Client({ credentials: await credentials.get('store') });
const blobClient = new BlobServiceClient(
  'https://shop.blob.core.windows.net',
  await credentials.get('blobs'),
);
const request: Request = await credentials.authorize('https://example.com', {
  name: 'data',
  scopes: ['openid'],
});
const byDefault: Request = await credentials.authorize(new URL('https://example.com'));

// @ts-expect-error there is no such name
void credentials.get('stroe');
// @ts-expect-error there is no such name
void credentials.getCredentials('stroe');
// @ts-expect-error there is no such name
void credentials.authorize('https://example.com', { name: 'stroe' });
// @ts-expect-error an AWS provider has no getToken
void (await credentials.get('store')).getToken;
// @ts-expect-error which cloud it is, only the environment says
void (await credentials.getCredentials('either')).accessToken;
// @ts-expect-error unknown settings are refused
createCredentials(config, { onEvents: () => undefined });
// @ts-expect-error what data says is no setting
createCredentials(config, { aws: { roleArn } });

// Without a default each call says whom it means.
const undecided = createCredentials({ credentials: { store: aws } });
const named: AwsCredentialsProvider = await undecided.get('store');
// @ts-expect-error a name is missing
void undecided.get();
// @ts-expect-error a name is missing
void undecided.authorize('https://example.com');

// @ts-expect-error an option of another cloud
defineConfig({ credentials: { store: { provider: 'aws', roleArn, tenantId: 'x' } } });
// @ts-expect-error an option that doesn't exist
defineConfig({ credentials: { store: { provider: 'gcp', ...gcp, serviceAccount: 'x' } } });
// @ts-expect-error an option misspelt
createCredentials({ credentials: { store: { provider: 'aws', roleArn, regoin: 'eu-west-1' } } });
// @ts-expect-error an option misspelt, in a list
defineConfig({ credentials: { store: [{ provider: 'aws', roleArn, regoin: 'eu-west-1' }] } });
// @ts-expect-error roleArn is missing
defineConfig({ credentials: { store: { provider: 'aws' } } });
// @ts-expect-error the pool is missing
defineConfig({ credentials: { store: { provider: 'gcp', projectNumber: '1' } } });
// @ts-expect-error the client is missing
defineConfig({ credentials: { store: { provider: 'azure', tenantId: 'x' } } });
// @ts-expect-error there is no such cloud
defineConfig({ credentials: { store: { provider: 'aliyun', roleArn } } });
// @ts-expect-error the default is none of the names
defineConfig({ default: 'stroe', credentials: { store: { provider: 'aws', roleArn } } });
// @ts-expect-error a duration is a number of seconds
defineConfig({ credentials: { store: { provider: 'aws', roleArn, durationSeconds: '1h' } } });
// @ts-expect-error an expectation misspelt
defineConfig({ credentials: { store: { provider: 'aws', roleArn, expect: { projectid: 'x' } } } });
// @ts-expect-error no function in data
defineConfig({ credentials: { store: { provider: 'aws', roleArn, onEvent: () => undefined } } });
// @ts-expect-error no such key
defineConfig({ defaults: 'store', credentials: { store: { provider: 'aws', roleArn } } });
// @ts-expect-error another way to be local
defineConfig({ credentials: { store: { provider: 'aws', roleArn, local: 'keys' } } });

// Found at run time: any name, any cloud.
const found: Config = await loadConfig({ directory: '.' });
const any: AnyProvider = await createCredentials(found).get('whatever');
const portable: Promise<{ readonly expiresAt: number }> = createCredentials().getCredentials();
const top: { readonly expiresAt: number } = await getCredentials('store');

// Entries have the data of their cloud's options, with the same types.
type Data<O> = Omit<
  O,
  'tokenSource' | 'cache' | 'store' | 'fetch' | 'clock' | 'random' | 'onEvent' | 'invocation' | 'exchanger'
>;
type Plain<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };
type Ours = 'provider' | 'when' | 'local' | 'origins';
type Same<A, B> = [A, B] extends [B, A]
  ? [keyof A, keyof B] extends [keyof B, keyof A]
    ? true
    : never
  : never;
const same: readonly [
  Same<Plain<Omit<AwsEntry, Ours>>, Plain<Data<AwsCredentialsProviderOptions>>>,
  Same<Plain<Omit<GcpEntry, Ours>>, Plain<Data<GcpCredentialsProviderOptions>>>,
  Same<Plain<Omit<AzureEntry, Ours>>, Plain<Data<AzureCredentialsProviderOptions>>>,
] = [true, true, true];

// A caught ConfigError is an OptionError as well.
const error: OptionError = new ConfigError('x', [{ code: 'invalid_option', path: 'x', message: 'x' }]);

export type Used = [
  typeof store,
  typeof usual,
  typeof data,
  typeof blobs,
  typeof either,
  typeof keys,
  typeof accessToken,
  typeof token,
  typeof s3,
  typeof blobClient,
  typeof request,
  typeof byDefault,
  typeof named,
  typeof any,
  typeof portable,
  typeof top,
  typeof same,
  typeof error,
  CredentialProvider<AwsCredentials>,
];
