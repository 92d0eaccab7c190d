/** AWS on the command line. */

import type { AwsCredentials } from '@credex/aws';
import type { AwsEntry } from '@credex/config';
import type { Cloud } from '../cloud.js';
import { dev } from './dev.js';
import { doctor } from './doctor.js';
import { environment } from './environment.js';
import { printConfig } from './print-config.js';
import { init, setup } from './setup.js';

export const aws: Cloud<AwsEntry, AwsCredentials> = {
  factory: async () => (await import('@credex/aws')).awsCredentialsProvider,
  setup,
  init,
  doctor,
  environment,
  variables: {
    options: { roleArn: ['AWS_ROLE_ARN'], region: ['AWS_REGION', 'AWS_DEFAULT_REGION'] },
    required: ['roleArn'],
  },
  dev,
  explain: {
    file: "a role's trust policy",
    from: 'aws iam get-role --role-name ROLE',
    options: [
      {
        flags: '--role-arn <arn>',
        description: 'the role, if the file does not name it: its account must be that of the provider',
        input: 'roleArn',
        text: {
          pattern: /^arn:[\w-]+:iam::\d{12}:role\/[\x21-\x7e]+$/,
          says: 'arn:aws:iam::123456789012:role/NAME',
        },
      },
      {
        flags: '--role-session-name <name>',
        description: 'for conditions on sts:RoleSessionName',
        input: 'roleSessionName',
        text: { pattern: /^[\w+=,.@-]{2,64}$/, says: '2 to 64 of A-Z, a-z, 0-9 and +=,.@_-' },
      },
      {
        flags: '--identity-provider <file>',
        description: 'the output of `aws iam get-open-id-connect-provider`',
        input: 'identityProvider',
      },
      {
        flags: '--assume-role <file>',
        description: 'the option `assumeRole` as JSON: the roles that are assumed after that of --policy',
        input: 'assumeRole',
      },
      {
        flags: '--session-policy <file>',
        description:
          'the option `policy` as JSON: it must let the session assume the first role of `assumeRole`',
        input: 'sessionPolicy',
      },
      {
        flags: '--hop-policy <file>',
        description: 'as --policy, for a role of `assumeRole`: repeat it for each, in their order',
        input: 'hopPolicies',
        isRepeatable: true,
      },
    ],
    input: ({ roleArn, roleSessionName, policy, policyArns, assumeRole }: Partial<AwsEntry> = {}) => ({
      cloud: 'aws',
      roleArn,
      roleSessionName,
      sessionPolicy: typeof policy === 'object' ? JSON.stringify(policy) : policy,
      sessionPolicyArns: policyArns,
      assumeRole: assumeRole === undefined ? undefined : JSON.stringify(assumeRole),
    }),
  },
  printConfig,
};
