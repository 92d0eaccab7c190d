/** Entries of AWS. */

import type { CommonEntry, ConfigCloud } from './cloud.js';

/** An AWS role. The options are those of `awsCredentialsProvider`. */
export interface AwsEntry extends CommonEntry {
  readonly provider: 'aws';
  readonly roleArn: string;
  readonly region?: string | undefined;
  readonly roleSessionName?: string | undefined;
  readonly durationSeconds?: number | undefined;
  readonly policy?: string | object | undefined;
  readonly policyArns?: readonly string[] | undefined;
  readonly useFipsEndpoint?: boolean | undefined;
  readonly useDualstackEndpoint?: boolean | undefined;
  /** In code only. */
  readonly endpoint?: string | undefined;
  /** In code only. */
  readonly allowUnboundResponse?: boolean | undefined;
}

const PARTITION = 'aws|aws-cn|aws-us-gov|aws-eusc|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f';

export const aws: ConfigCloud<AwsEntry> = {
  options: {
    roleArn: {
      kind: 'string',
      required: true,
      grammar: {
        pattern: new RegExp(
          `^arn:(${PARTITION}):iam::\\d{12}:role/(?=.{1,576}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,64}$`,
        ),
        says: 'the ARN of a role, such as arn:aws:iam::123456789012:role/name',
      },
      about: 'The role to assume.',
    },
    region: {
      kind: 'string',
      grammar: {
        pattern: /^[a-z]{2,8}(?:-[a-z]{2,12}){1,2}-\d{1,2}$/,
        says: 'an AWS region, such as eu-west-1',
      },
      about:
        'The region of the token service, and the region that authorize() signs for if the URL names none.',
    },
    roleSessionName: {
      kind: 'string',
      grammar: { pattern: /^[\w+=,.@-]{2,64}$/, says: '2 to 64 characters of A-Z, a-z, 0-9 and _+=,.@-' },
      about: 'The session name that CloudTrail shows.',
    },
    durationSeconds: {
      kind: 'integer',
      range: [900, 43_200],
      about: 'The length of a session in seconds, limited by the role. Default: 3600.',
    },
    policy: { kind: 'policy', about: 'A session policy: an object, or its JSON text.' },
    policyArns: {
      kind: 'list',
      grammar: {
        pattern: new RegExp(
          `^arn:(?:${PARTITION}):iam::(?:aws|\\d{12}):policy/(?=.{1,640}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,128}$`,
        ),
        says: 'the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess',
      },
      about: 'Managed policies used as session policies, at most 10.',
    },
    useFipsEndpoint: { kind: 'boolean', about: 'Use the FIPS 140 endpoint.' },
    useDualstackEndpoint: { kind: 'boolean', about: 'Use the dual-stack endpoint.' },
    endpoint: { kind: 'code', about: 'The URL of another token service.' },
    allowUnboundResponse: {
      kind: 'code',
      about: 'Accept a response of STS about another role than was requested.',
    },
  },
  login: {
    name: 'AWS profile',
    exchanger: async (option) => (await import('./aws-login.js')).awsLogin(option),
  },
};
