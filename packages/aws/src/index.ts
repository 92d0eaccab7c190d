export type { AwsCredentials, AwsSessionCredentials } from './types.js';
export type { AwsCredentialsProvider, AwsCredentialsProviderOptions } from './aws-credentials-provider.js';
export { awsCredentialsProvider, getAwsCredentials } from './aws-credentials-provider.js';
export type { AwsExchangerFactory, AwsRequest } from './aws-exchanger.js';
export type { AwsConfiguration, AwsOptions } from './options.js';
