/** Where in Amazon Web Services the trust is put. */

import type { Grammar } from '@credex/core/internal';
import { optionalString, requiredString } from '@credex/core/internal';
import type { Checks } from './checks.js';
import type { TrustRequest, TrustedIssuer } from './trust-request.js';

export interface AwsOptions {
  readonly accountId?: string;
  readonly roleName?: string;
  readonly partition?: string;
}

export interface AwsTarget {
  readonly accountId: string;
  readonly roleName: string;
  readonly partition: string;
}

const ACCOUNT: Grammar = { pattern: /^\d{12}$/, says: 'the account id: 12 digits' };
const ROLE: Grammar = {
  // IAM takes a name that begins with `-`, and the AWS CLI an option.
  pattern: /^\w[\w+=,.@-]{0,63}$/,
  says: "a role's name: letters, digits and `+=,.@_-`, at most 64, the first a letter, a digit or `_`",
};
const PARTITION: Grammar = {
  pattern: /^aws(?:-[a-z]{2,8}){0,3}$/,
  says: 'a partition: aws, aws-cn, aws-us-gov, …',
};

export function awsTarget(request: TrustRequest, options: AwsOptions, checks: Checks): AwsTarget {
  return {
    accountId: checks.or('000000000000', () =>
      requiredString({ option: '--account-id' }, options.accountId, ACCOUNT),
    ),
    roleName:
      checks.or(undefined, () => optionalString({ option: '--role-name' }, options.roleName, ROLE)) ??
      `vercel-${request.project}`.slice(0, 64),
    partition:
      checks.or(undefined, () => optionalString({ option: '--partition' }, options.partition, PARTITION)) ??
      'aws',
  };
}

export const providerArn = ({ partition, accountId }: AwsTarget, { host }: TrustedIssuer): string =>
  `arn:${partition}:iam::${accountId}:oidc-provider/${host}`;
