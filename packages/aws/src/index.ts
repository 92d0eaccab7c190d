export { awsCredentialsProvider, getAwsCredentials } from './aws-credentials-provider.js';
export type { AwsAssumeRole, AwsCredentialsProviderOptions, AwsOptions } from './options.js';
export type {
  AwsConfiguration,
  AwsCredentials,
  AwsCredentialsProvider,
  AwsExchangerFactory,
  AwsHop,
  AwsHopRequest,
  AwsRequest,
  AwsSessionCredentials,
} from './types.js';
