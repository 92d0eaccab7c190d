export { awsCredentialsProvider, getAwsCredentials } from './aws-credentials-provider.js';
export type { AwsCredentialsProviderOptions, AwsOptions } from './options.js';
export type {
  AwsConfiguration,
  AwsCredentials,
  AwsCredentialsProvider,
  AwsExchangerFactory,
  AwsRequest,
  AwsSessionCredentials,
} from './types.js';
