/** Entries of AWS. */

import type { CommonEntry, ConfigCloud, OptionRow } from './cloud.js';

/** A role of `assumeRole`. */
export interface AwsAssumeRoleEntry {
  readonly roleArn: string;
  readonly externalId?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly tagsFromClaims?: Readonly<Record<string, string>> | undefined;
  readonly transitiveTagKeys?: readonly string[] | undefined;
  readonly sourceIdentity?: string | undefined;
  readonly policy?: string | object | undefined;
  readonly policyArns?: readonly string[] | undefined;
  readonly durationSeconds?: number | undefined;
}

/** An AWS role. The options are those of `awsCredentialsProvider`. */
export interface AwsEntry extends CommonEntry {
  readonly provider: 'aws';
  readonly roleArn: string;
  readonly region?: string | undefined;
  readonly roleSessionName?: string | undefined;
  readonly durationSeconds?: number | undefined;
  readonly policy?: string | object | undefined;
  readonly policyArns?: readonly string[] | undefined;
  readonly assumeRole?: readonly AwsAssumeRoleEntry[] | undefined;
  readonly useFipsEndpoint?: boolean | undefined;
  readonly useDualstackEndpoint?: boolean | undefined;
  /** In code only. */
  readonly endpoint?: string | undefined;
  /** In code only. */
  readonly allowUnboundResponse?: boolean | undefined;
}

const PARTITION = 'aws|aws-cn|aws-us-gov|aws-eusc|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f';

const ROLE_ARN: Omit<OptionRow, 'about'> = {
  kind: 'string',
  required: true,
  grammar: {
    pattern: new RegExp(
      `^arn:(${PARTITION}):iam::\\d{12}:role/(?=.{1,576}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,64}$`,
    ),
    says: 'the ARN of a role, such as arn:aws:iam::123456789012:role/name',
  },
};
const POLICY: OptionRow = {
  kind: 'policy',
  about: 'A session policy: an object, or its JSON text.',
};
const POLICY_ARNS: OptionRow = {
  kind: 'list',
  grammar: {
    pattern: new RegExp(
      `^arn:(?:${PARTITION}):iam::(?:aws|\\d{12}):policy/(?=.{1,640}$)(?:[!-.0-~]+/)*[\\w+=,.@-]{1,128}$`,
    ),
    says: 'the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess',
  },
  about: 'Managed policies used as session policies, at most 10.',
};

/** What contradicts itself, such as a tag that is set twice, is found by the first call. */
const ASSUME_ROLE: Readonly<Record<string, OptionRow>> = {
  roleArn: { ...ROLE_ARN, about: 'The role to assume with the session of the role before it.' },
  externalId: {
    kind: 'string',
    grammar: {
      pattern: /^[\w+=,.@:/-]{2,1224}$/,
      says: '2 to 1,224 characters of A-Z, a-z, 0-9 and _+=,.@:/-',
    },
    about: 'What the trust policy of the role compares with sts:ExternalId.',
  },
  tags: {
    kind: 'texts',
    grammar: {
      pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u,
      says: 'text of at most 256 letters, digits, spaces and _.:/=+-@',
    },
    about: 'Session tags.',
  },
  tagsFromClaims: {
    kind: 'texts',
    grammar: {
      pattern: /^(?:project|owner)(?:_id)?$|^environment$/,
      says: 'project, project_id, environment, owner or owner_id',
    },
    about: 'Session tags whose values are claims of the token.',
  },
  transitiveTagKeys: { kind: 'list', about: 'Tags that all later sessions keep.' },
  sourceIdentity: {
    kind: 'string',
    grammar: {
      pattern: /^(?!aws:)[\w+=,.@-]{2,64}$/i,
      says: '2 to 64 characters of A-Z, a-z, 0-9 and _+=,.@-',
    },
    about: 'The source identity that CloudTrail records. Allowed on the first role only.',
  },
  policy: POLICY,
  policyArns: POLICY_ARNS,
  durationSeconds: {
    kind: 'integer',
    range: [900, 3_600],
    about: 'The length of the session in seconds. Default: 3600.',
  },
};

export const aws: ConfigCloud<AwsEntry> = {
  options: {
    roleArn: { ...ROLE_ARN, about: 'The role to assume.' },
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
    policy: POLICY,
    policyArns: POLICY_ARNS,
    assumeRole: {
      kind: 'records',
      rows: ASSUME_ROLE,
      about: 'Roles to assume one after the other, with the session of `roleArn`, at most 5.',
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
