/** Identity-provider controls: trust policies of the global issuer, which IAM makes or refuses, and keeps where they are older. */

import type { FindingCode } from '@credex/cli';
import type { AwsCase } from './aws-cases.js';
import { ACCOUNT, AUDIENCE, PRODUCTION } from './policy-case.js';

const CONTROLS =
  'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html';
/** Recorded at AWS in September 2026, with other shared issuers. */
const DATA = 'https://github.com/radkawar/stackd/blob/main/iam/policy/testdata';
const RECORDED = `${DATA}/oidc_trust_controls_aws.json`;
const EDGES = `${DATA}/oidc_trust_controls_edges_aws.json`;
const SHARED = 'oidc.vercel.com';

const policy = (Condition: object | undefined): object => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${SHARED}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      ...(Condition === undefined ? {} : { Condition }),
    },
  ],
});

/** Of the global issuer, as a role that is older than the controls; a new one is kept or refused. */
const control = (
  name: string,
  source: string,
  condition: object | undefined,
  isRefusedToday: boolean,
  verdict: AwsCase['verdict'],
  findings: readonly FindingCode[] = [],
): AwsCase => ({
  name: `global issuer, ${name}`,
  source,
  token: { issuerMode: 'global' },
  policy: policy(condition),
  isOlder: true,
  isRefusedToday,
  verdict,
  findings: isRefusedToday ? [...findings, 'shared_issuer_control'] : findings,
});
const SHARED_SUB = { [`${SHARED}:sub`]: PRODUCTION };
const aud = (operator: string, value: unknown): object => ({
  'ForAllValues:StringLike': SHARED_SUB,
  [operator]: { [`${SHARED}:aud`]: value },
});
const ALWAYS: readonly FindingCode[] = [];

export const AWS_CONTROL_CASES: readonly AwsCase[] = [
  control('an audience', RECORDED, aud('StringEquals', AUDIENCE), false, 'allowed', ALWAYS),
  control(
    'an audience by a pattern',
    RECORDED,
    aud('StringLike', 'https://vercel.com/*'),
    false,
    'allowed',
    ALWAYS,
  ),
  control(
    'an audience in other letters',
    RECORDED,
    aud('StringEqualsIgnoreCase', AUDIENCE.toUpperCase()),
    false,
    'allowed',
    ALWAYS,
  ),
  control('any value', RECORDED, aud('ForAnyValue:StringEquals', AUDIENCE), false, 'allowed', ALWAYS),
  control('a star', RECORDED, aud('StringLike', '*'), true, 'allowed', ['any_audience']),
  control('a star and an audience', EDGES, aud('StringLike', ['*', AUDIENCE]), true, 'allowed', [
    'any_audience',
  ]),
  control('a star that is no pattern', RECORDED, aud('StringEquals', '*'), true, 'refused', [
    'wildcard_in_string_equals',
  ]),
  control(
    'a star that is no pattern, and an audience',
    RECORDED,
    aud('StringEquals', ['*', AUDIENCE]),
    true,
    'allowed',
    ALWAYS,
  ),
  control('two stars', EDGES, aud('StringLike', '**'), false, 'allowed', ['any_audience']),
  control('an empty list', EDGES, aud('StringEquals', []), false, 'refused', ['value_differs']),
  control(
    'not another audience',
    RECORDED,
    aud('StringNotEquals', 'https://vercel.com/globex'),
    true,
    'allowed',
    ['any_audience'],
  ),
  control(
    'an audience if it exists',
    RECORDED,
    aud('StringEqualsIfExists', AUDIENCE),
    true,
    'allowed',
    ALWAYS,
  ),
  control('an audience that is present', RECORDED, aud('Null', 'false'), true, 'allowed', ['any_audience']),
  control('an audience that is absent', RECORDED, aud('Null', 'true'), true, 'refused', ['value_differs']),
  control('no condition', RECORDED, undefined, true, 'allowed', [
    'any_team',
    'any_project',
    'any_environment',
    'any_audience',
  ]),
  control('the subject alone', CONTROLS, { StringEquals: SHARED_SUB }, true, 'allowed', ['any_audience']),
];
