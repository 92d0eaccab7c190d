// A process behind a proxy: one exchange with AWS by its real name, with what HTTPS_PROXY says.
import { inspect } from 'node:util';
import { getAwsCredentials } from '@credex/aws';

try {
  const { accountId } = await getAwsCredentials({
    roleArn: 'arn:aws:iam::123456789012:role/shop-production',
    region: 'eu-west-1',
  });
  console.log(accountId);
} catch (error) {
  console.log(error.code, error.message);
  console.log(inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error));
}
