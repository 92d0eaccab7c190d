/** The two shapes of an AWS credential: the record that is cached, and the object that a caller receives. */

import type { Credential } from '@credex/core';

/** Plain data: what caches and stores hold. */
export interface AwsSessionCredentials extends Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** The account of the assumed role, 12 digits. */
  readonly accountId: string;
}

/** What a user and an AWS client get: a plain object of the caller's own, since the AWS SDK writes on it. */
export interface AwsCredentials extends AwsSessionCredentials {
  /** `expiresAt` as the AWS SDKs want it. */
  readonly expiration: Date;
}

/** The caller's object of a cached record. */
export function awsCredentialsOf(record: AwsSessionCredentials): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken, accountId, expiresAt } = record;
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    accountId,
    expiresAt,
    expiration: new Date(expiresAt),
  };
}
