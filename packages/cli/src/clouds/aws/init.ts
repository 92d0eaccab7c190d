/** `credex init aws`: the role and the region. */

import type { Grammar } from '@credex/core/internal';
import type { CloudInit } from '../cloud.js';
import type { AwsOptions } from './setup.js';
import { awsTarget } from './setup.js';

const REGION: Grammar = {
  pattern: /^[a-z]{2,8}(?:-[a-z]{2,12}){1,2}-\d{1,2}$/,
  says: 'an AWS region, such as eu-west-1',
};

export const init: CloudInit<AwsOptions & { readonly region?: string }> = {
  options: [['--region <name>', 'the region of the project; default: us-east-1']],
  packages: ['@credex/aws'],
  entry(request, options, checks) {
    const { partition, accountId, roleName } = awsTarget(request, options, checks);
    const region = checks.optional('--region', options.region, REGION);
    return { roleArn: `arn:${partition}:iam::${accountId}:role/${roleName}`, region: region ?? 'us-east-1' };
  },
};
