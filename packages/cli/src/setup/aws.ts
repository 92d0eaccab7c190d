/** Amazon Web Services: an OIDC provider for each issuer, and a role that trusts chosen subjects of it. */

import type { AwsOptions, AwsTarget } from './aws-target.js';
import { awsTarget, providerArn } from './aws-target.js';
import { awsTerraform } from './aws-terraform.js';
import type { Checks } from './checks.js';
import { commonNotes, namesOnlyNotes } from './notes.js';
import type { Plan } from './plan.js';
import { shellCommand } from './shell.js';
import type { TrustRequest } from './trust-request.js';
import { subjectsOf } from './trust-request.js';

/** The default quota for a role's trust policy; white space isn't counted. */
const LONGEST_POLICY = 2048;

export function awsPlan(request: TrustRequest, options: AwsOptions, checks: Checks): Plan {
  const target = awsTarget(request, options, checks);
  const policy = trustPolicy(request, target);
  const length = JSON.stringify(policy).length;
  return {
    files: [
      { name: 'trust-policy.json', format: 'policy', text: json(policy) },
      { name: 'vercel.tf', format: 'terraform', text: awsTerraform(request, target) },
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
      'The role may do nothing yet: attach the permissions that the project needs, and no more.',
      'An account has one OIDC provider for each URL. Where it stands already, leave its creation out and add the audience: aws iam add-client-id-to-open-id-connect-provider.',
      'No thumbprint is given: IAM has its own list of certificate authorities. Old Terraform providers insist on one: update them.',
      ...namesOnlyNotes('IAM', request),
      ...(length > LONGEST_POLICY
        ? [
            `The trust policy has ${length} characters; the default quota is ${LONGEST_POLICY}. Ask for more, or make a role for each environment.`,
          ]
        : []),
      ...commonNotes(request),
    ],
  };
}

/** A statement for each issuer: a subject of one must not pass with the audience of the other. */
function trustPolicy(request: TrustRequest, target: AwsTarget): object {
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
