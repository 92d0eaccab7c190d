/** `credex setup aws`: an OIDC provider for each issuer, and a role that trusts chosen subjects of it. */

import type { Grammar } from '@credex/core/internal';
import type { PolicyDocument } from '@credex/testing/emulator';
import type { Checks } from '../../setup/checks.js';
import { commonNotes, namesOnlyNotes } from '../../setup/notes.js';
import type { Plan } from '../../setup/plan.js';
import { shellCommand } from '../../setup/quote.js';
import { subjectsOf, type TrustRequest, type TrustedIssuer } from '../../setup/trust-request.js';
import type { CloudInit, CloudSetup } from '../cloud.js';
import { awsTerraform } from './terraform.js';

export type AwsTarget = Readonly<Record<'accountId' | 'roleName' | 'partition', string>>;
type AwsOptions = Partial<AwsTarget>;

const ACCOUNT: Grammar = { pattern: /^\d{12}$/, says: 'the account id: 12 digits' };
const ROLE: Grammar = {
  // IAM accepts a name that begins with `-`; the AWS CLI reads it as an option.
  pattern: /^\w[\w+=,.@-]{0,63}$/,
  says: 'the name of a role: at most 64 letters, digits and `+=,.@_-`, beginning with a letter, a digit or `_`',
};
const PARTITION: Grammar = {
  pattern: /^aws(?:-[a-z]{2,8}){0,3}$/,
  says: 'a partition: aws, aws-cn, aws-us-gov, …',
};

function awsTarget(request: TrustRequest, options: AwsOptions, checks: Checks): AwsTarget {
  return {
    accountId: checks.required('--account-id', options.accountId, ACCOUNT, '000000000000'),
    roleName:
      checks.optional('--role-name', options.roleName, ROLE) ?? `vercel-${request.project}`.slice(0, 64),
    partition: checks.optional('--partition', options.partition, PARTITION) ?? 'aws',
  };
}

const providerArn = (
  { partition, accountId }: Pick<AwsTarget, 'accountId' | 'partition'>,
  { host }: TrustedIssuer,
): string => `arn:${partition}:iam::${accountId}:oidc-provider/${host}`;

/** The default quota for a role's trust policy. White space is not counted. */
const LONGEST_POLICY = 2048;

export const setup: CloudSetup<AwsOptions> = {
  grants: 'an IAM role that lets',
  options: [
    ['--account-id <digits>', 'the AWS account'],
    ['--role-name <name>', 'the role to create; default: vercel-{project}'],
    ['--partition <name>', 'aws, aws-cn, aws-us-gov, …; default: aws'],
  ],
  plan,
};

function plan(request: TrustRequest, options: AwsOptions, checks: Checks): Plan {
  const target = awsTarget(request, options, checks);
  const policy = trustPolicy(request, target);
  const length = JSON.stringify(policy).length;
  return {
    files: [
      { name: 'trust-policy.json', format: 'policy', text: json(policy) },
      { name: 'vercel.tf', format: 'terraform', text: awsTerraform(request, target.roleName) },
      {
        name: 'vercel.template.json',
        format: 'cloudformation',
        text: json(template(request, target, policy)),
      },
    ],
    commands: [
      ...request.issuers.map(({ url }) =>
        shellCommand(['aws', 'iam', 'create-open-id-connect-provider'], {
          url,
          'client-id-list': request.audience,
        }),
      ),
      shellCommand(['aws', 'iam', 'create-role'], {
        'role-name': target.roleName,
        'assume-role-policy-document': JSON.stringify(policy),
      }),
    ],
    notes: [
      'The role has no permissions yet: attach the permissions that the project needs, and no more.',
      'An account has one OIDC provider for each URL. If it exists already, do not create it; add the audience to it with `aws iam add-client-id-to-open-id-connect-provider`.',
      'No thumbprint is set, because IAM has its own list of certificate authorities. Old versions of the Terraform provider require one: update it.',
      ...namesOnlyNotes('IAM', request),
      ...(length > LONGEST_POLICY
        ? [
            `The trust policy has ${length} characters; the default quota is ${LONGEST_POLICY}. Request a higher quota, or create a role for each environment.`,
          ]
        : []),
      ...commonNotes(request),
    ],
  };
}

/** A statement for each issuer: a subject of one must not pass with the audience of the other. */
export function trustPolicy(
  request: TrustRequest,
  target: Pick<AwsTarget, 'accountId' | 'partition'>,
): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: request.issuers.map((issuer) => ({
      Effect: 'Allow',
      Principal: { Federated: providerArn(target, issuer) },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          [`${issuer.host}:aud`]: request.audience,
          [`${issuer.host}:sub`]: oneOrMany(subjectsOf(request)),
        },
      },
    })),
  };
}

function template(request: TrustRequest, target: AwsTarget, policy: object): object {
  const issuers = request.issuers.map(
    ({ mode, url }) =>
      [
        mode === 'team' ? 'VercelTeamIssuer' : 'VercelGlobalIssuer',
        { Type: 'AWS::IAM::OIDCProvider', Properties: { Url: url, ClientIdList: [request.audience] } },
      ] as const,
  );
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: {
      ...Object.fromEntries(issuers),
      VercelRole: {
        Type: 'AWS::IAM::Role',
        DependsOn: issuers.map(([name]) => name),
        Properties: { RoleName: target.roleName, AssumeRolePolicyDocument: policy },
      },
    },
    Outputs: { RoleArn: { Value: { 'Fn::GetAtt': ['VercelRole', 'Arn'] } } },
  };
}

const json = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;
const oneOrMany = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 ? (values[0] as string) : values;

const REGION: Grammar = {
  pattern: /^[a-z]{2,8}(?:-[a-z]{2,12}){1,2}-\d{1,2}$/,
  says: 'an AWS region, such as eu-west-1',
};

/** `credex init aws`: the role and the region. */
export const init: CloudInit<AwsOptions & { readonly region?: string }> = {
  options: [['--region <name>', 'the region of the project; default: us-east-1']],
  packages: ['@credex/aws'],
  entry(request, options, checks) {
    const { partition, accountId, roleName } = awsTarget(request, options, checks);
    const region = checks.optional('--region', options.region, REGION);
    return { roleArn: `arn:${partition}:iam::${accountId}:role/${roleName}`, region: region ?? 'us-east-1' };
  },
};
