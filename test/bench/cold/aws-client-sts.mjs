import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { done, input } from './measured.mjs';

const { endpoint, region, roleArn } = input.aws;
const { Credentials } = await new STSClient({ endpoint, region }).send(
  new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleArn,
    RoleSessionName: 'bench',
    WebIdentityToken: input.token,
  }),
);
done(Credentials.AccessKeyId);
