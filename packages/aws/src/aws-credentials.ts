/** The two shapes of an AWS credential: the record that is cached, and the view that a user gets. */

import type { Credential } from '@credex/core';

/** Plain data: what caches and stores hold. */
export interface AwsSessionCredentials extends Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** The account of the assumed role, 12 digits. */
  readonly accountId: string;
}

/** What a user and an AWS client get. Frozen. */
export interface AwsCredentials extends AwsSessionCredentials {
  /** `expiresAt` as the AWS SDKs want it. */
  readonly expiration: Date;
}

/** Views of records; a record that is held gives the same view each time, so that a hit allocates nothing. */
export function awsCredentialsViews(): (record: AwsSessionCredentials) => AwsCredentials {
  const views = new WeakMap<AwsSessionCredentials, AwsCredentials>();
  return (record) => {
    const known = views.get(record);
    if (known !== undefined) return known;
    const view = Object.freeze({ ...awsRecordOf(record), expiration: new Date(record.expiresAt) });
    views.set(record, view);
    return view;
  };
}

/** The record of a view: what a cached credential is compared with. */
export function awsRecordOf(credentials: AwsSessionCredentials): AwsSessionCredentials {
  const { accessKeyId, secretAccessKey, sessionToken, accountId, expiresAt } = credentials;
  return { accessKeyId, secretAccessKey, sessionToken, accountId, expiresAt };
}
