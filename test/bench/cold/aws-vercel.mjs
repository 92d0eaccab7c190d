import { awsCredentialsProvider } from '@vercel/oidc-aws-credentials-provider';
import { done, input } from './measured.mjs';

const { endpoint, region, roleArn } = input.aws;
done((await awsCredentialsProvider({ roleArn, clientConfig: { endpoint, region } })()).accessKeyId);
