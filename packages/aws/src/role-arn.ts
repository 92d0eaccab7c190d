/** The ARN of a role, taken apart. */

import type { Grammar } from '@credex/core/internal';
import { requiredString } from '@credex/core/internal';
import { PARTITION_NAMES } from './partitions.js';

export interface RoleArn {
  readonly roleArn: string;
  readonly partition: string;
  /** 12 digits. */
  readonly accountId: string;
}

const PARTITION = PARTITION_NAMES.join('|');

/** IAM: a path is of printable ASCII between slashes, at most 512 characters; a name has at most 64. */
const ROLE_ARN: Grammar = {
  pattern: new RegExp(
    `^arn:(${PARTITION}):iam::(\\d{12}):role/(?=.{1,576}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,64}$`,
  ),
  says: `the ARN of a role, such as arn:aws:iam::123456789012:role/name, in one of the partitions ${PARTITION_NAMES.join(', ')}`,
};

/** A managed policy, AWS's own (`aws`) or the account's. */
export const POLICY_ARN: Grammar = {
  pattern: new RegExp(
    `^arn:(?:${PARTITION}):iam::(?:aws|\\d{12}):policy/(?=.{1,640}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,128}$`,
  ),
  says: 'the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess',
};

export function requiredRoleArn(value: unknown): RoleArn {
  const roleArn = requiredString({ option: 'roleArn', environmentVariable: 'AWS_ROLE_ARN' }, value, ROLE_ARN);
  const [, partition, accountId] = ROLE_ARN.pattern.exec(roleArn) as unknown as [string, string, string];
  return { roleArn, partition, accountId };
}
