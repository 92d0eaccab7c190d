/** An AWS session as environment variables. */

import type { AwsCredentials } from '@credex/aws';
import type { AwsEntry } from '@credex/config';
import type { CloudEnvironment } from '../cloud.js';

export const environment: CloudEnvironment<AwsEntry, AwsCredentials> = {
  conflicts: [
    'AWS_PROFILE',
    'AWS_DEFAULT_PROFILE',
    'AWS_SECURITY_TOKEN',
    'AWS_CREDENTIAL_EXPIRATION',
    'AWS_ACCOUNT_ID',
    'AWS_ROLE_ARN',
    'AWS_ROLE_SESSION_NAME',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  ],
  async prepare({ name, entry: { region }, getCredentials }, { signal }) {
    const { accessKeyId, secretAccessKey, sessionToken, accountId, expiresAt } = await getCredentials({
      signal,
    });
    return {
      what: `the credentials of ${name}`,
      expiresAt,
      env: {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
        AWS_CREDENTIAL_EXPIRATION: new Date(expiresAt).toISOString(),
        AWS_ACCOUNT_ID: accountId,
        ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
      },
    };
  },
};
