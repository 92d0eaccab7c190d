// Longer than 300 lines: one table of conditions of AWS trust policies, each with what comes of it.

import type { FindingCode } from '@credex/cli';
import type { AwsCase } from './aws-cases.js';
import { ACCOUNT, AUDIENCE, PREVIEW, PRODUCTION } from './policy-case.js';

const IAM = 'https://docs.aws.amazon.com/IAM/latest/UserGuide';
const OPERATORS = `${IAM}/reference_policies_elements_condition_operators.html`;
const SETS = `${IAM}/reference_policies_condition-single-vs-multi-valued-context-keys.html`;
const KEYS = `${IAM}/reference_policies_iam-condition-keys.html#condition-keys-wif`;
const GLOBAL_KEYS = `${IAM}/reference_policies_condition-keys.html`;
const VARIABLES = `${IAM}/reference_policies_variables.html`;
const LOGIC = `${IAM}/reference_policies_condition-logic-multiple-context-keys-or-values.html`;
const EVALUATION = `${IAM}/reference_policies_evaluation-logic_policy-eval-denyallow.html`;
const PRINCIPALS = `${IAM}/reference_policies_elements_principal.html`;
const SID = `${IAM}/reference_policies_elements_sid.html`;
/** Recorded at AWS in September 2026. */
const RECORDED =
  'https://github.com/radkawar/stackd/blob/main/iam/policy/testdata/oidc_trust_controls_aws.json';
const VERSITY = 'https://github.com/versity/versitygw/blob/main/iamapi/policy/webidentity_test.go';

const TEAM = 'oidc.vercel.com/acme';
const SUB = `${TEAM}:sub`;
const AUD = `${TEAM}:aud`;
const AMR = `${TEAM}:amr`;
const arn = (host: string): string => `arn:aws:iam::${ACCOUNT}:oidc-provider/${host}`;
const statement = (Condition: object | undefined, more: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated: arn(TEAM) },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...(Condition === undefined ? {} : { Condition }),
  ...more,
});
const policy = (...statements: object[]): object => ({ Version: '2012-10-17', Statement: statements });

type More = Partial<Omit<AwsCase, 'name' | 'source' | 'policy' | 'verdict' | 'findings'>>;
type Verdict = AwsCase['verdict'];

/** A condition in addition to the audience and the subject, which match. */
const also = (
  name: string,
  source: string,
  condition: object,
  verdict: Verdict,
  findings: readonly FindingCode[] = [],
  more: More = {},
): AwsCase => ({
  name,
  source,
  policy: policy(statement({ StringLike: { [AUD]: AUDIENCE, [SUB]: PRODUCTION }, ...condition })),
  verdict,
  findings,
  ...more,
});

/** The condition on the subject; the audience matches. */
const subject = (
  name: string,
  operator: string,
  value: unknown,
  verdict: Verdict,
  findings: readonly FindingCode[] = [],
  source = OPERATORS,
): AwsCase => ({
  name: `${operator}: ${name}`,
  source,
  policy: policy(
    statement({
      Bool: { 'aws:PrincipalIsAWSService': 'false' },
      'ForAnyValue:StringEquals': { [AUD]: AUDIENCE },
      [operator]: { [SUB]: value },
    }),
  ),
  verdict,
  findings,
});

const whole = (
  name: string,
  source: string,
  statements: readonly object[],
  verdict: Verdict,
  findings: readonly FindingCode[] = [],
  more: More = {},
): AwsCase => ({ name, source, policy: policy(...statements), verdict, findings, ...more });

const EXACT = { StringEquals: { [SUB]: PRODUCTION, [AUD]: AUDIENCE } };

const roles = 'https://aws.amazon.com/roles';
const SHOP_ROLE = `arn:aws:iam::${ACCOUNT}:role/shop-production`;

export const AWS_CONDITION_CASES: readonly AwsCase[] = [
  subject('the same', 'StringEquals', PRODUCTION, 'allowed'),
  subject('one of two', 'StringEquals', [PREVIEW, PRODUCTION], 'allowed'),
  subject('another environment', 'StringEquals', PREVIEW, 'refused', ['environment_differs']),
  subject('another project', 'StringEquals', PRODUCTION.replace('shop', 'blog'), 'refused', [
    'project_differs',
  ]),
  subject('another team', 'StringEquals', PRODUCTION.replace('acme', 'globex'), 'refused', ['team_differs']),
  subject('a question mark is itself', 'StringEquals', PRODUCTION.replace('shop', 'sho?'), 'refused', [
    'wildcard_in_string_equals',
  ]),
  subject('other letters', 'StringEquals', PRODUCTION.toUpperCase(), 'refused', ['case_differs']),
  subject('other letters', 'StringEqualsIgnoreCase', PRODUCTION.toUpperCase(), 'allowed'),
  subject('another', 'StringEqualsIgnoreCase', PREVIEW, 'refused', ['environment_differs']),
  subject('the same', 'StringNotEquals', PRODUCTION, 'refused', ['value_differs']),
  subject('one of two', 'StringNotEquals', [PREVIEW, PRODUCTION], 'refused', ['value_differs']),
  subject('other letters are another text', 'StringNotEquals', PRODUCTION.toUpperCase(), 'allowed', [
    'any_project',
    'any_environment',
  ]),
  subject('other letters', 'StringNotEqualsIgnoreCase', PRODUCTION.toUpperCase(), 'refused', [
    'value_differs',
  ]),
  subject('another', 'StringNotEqualsIgnoreCase', PREVIEW, 'allowed', ['any_project', 'any_environment']),
  subject('any environment', 'StringLike', 'owner:acme:project:shop:environment:*', 'allowed', [
    'any_environment',
  ]),
  subject('one letter', 'StringLike', PRODUCTION.replace('shop', 'sho?'), 'allowed', []),
  subject('two letters for one', 'StringLike', PRODUCTION.replace('shop', 'sho??'), 'refused', [
    'project_differs',
  ]),
  subject('a star stands for nothing too', 'StringLike', PRODUCTION.replace('shop', 'shop*'), 'allowed', [
    'project_pattern',
  ]),
  subject('other letters', 'StringLike', 'owner:Acme:project:shop:*', 'refused', ['case_differs']),
  subject('production alone', 'StringNotLike', '*:environment:production', 'refused', ['value_differs']),
  subject('previews alone', 'StringNotLike', '*:environment:preview', 'allowed', [
    'any_project',
    'any_environment',
  ]),
  subject('a date for an environment', 'DateEquals', 'tomorrow', 'invalid', ['malformed_policy']),
  subject('a text for a number', 'NumericEquals', 'many', 'invalid', ['malformed_policy']),
  subject('a text for a truth', 'Bool', 'yes', 'invalid', ['malformed_policy']),
  subject('a text for an address', 'IpAddress', PRODUCTION, 'invalid', ['malformed_policy']),
  subject('small letters in the operator', 'stringEquals', PRODUCTION, 'invalid', ['malformed_policy']),
  subject('an operator that IAM lacks', 'StringMatches', PRODUCTION, 'invalid', ['malformed_policy']),
  subject('no value', 'StringEquals', [], 'refused', ['value_differs'], LOGIC),

  also('a session name', KEYS, { StringEquals: { 'sts:RoleSessionName': 'shop' } }, 'allowed', [], {
    roleSessionName: 'shop',
  }),
  also(
    'another session name',
    KEYS,
    { StringEquals: { 'sts:RoleSessionName': 'blog' } },
    'refused',
    ['value_differs'],
    { roleSessionName: 'shop' },
  ),
  also(
    'a session name by a pattern',
    KEYS,
    { StringLike: { [AUD]: AUDIENCE, [SUB]: PRODUCTION, 'sts:RoleSessionName': 'shop-*' } },
    'allowed',
    [],
    { roleSessionName: 'shop-1' },
  ),
  also(
    'a time to come',
    OPERATORS,
    { DateLessThan: { 'aws:CurrentTime': '2099-01-01T00:00:00Z' } },
    'allowed',
  ),
  also(
    'a time that is over',
    OPERATORS,
    { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
    'refused',
    ['value_differs'],
  ),
  also('since a time', OPERATORS, { DateGreaterThan: { 'aws:EpochTime': '1577836800' } }, 'allowed'),
  also(
    'a number of seconds',
    OPERATORS,
    { NumericGreaterThan: { 'aws:EpochTime': '1577836800' } },
    'allowed',
  ),
  also('the account', GLOBAL_KEYS, { StringEquals: { 'aws:PrincipalAccount': ACCOUNT } }, 'allowed'),
  also(
    'another account',
    GLOBAL_KEYS,
    { StringEquals: { 'aws:PrincipalAccount': '999999999999' } },
    'refused',
    ['value_differs'],
  ),
  also(
    'the type of a web identity',
    GLOBAL_KEYS,
    { StringEquals: { 'aws:PrincipalType': 'User' } },
    'allowed',
  ),
  also(
    'the type of a role',
    GLOBAL_KEYS,
    { StringEquals: { 'aws:PrincipalType': 'AssumedRole' } },
    'refused',
    ['value_differs'],
  ),
  also('the provider for an id', GLOBAL_KEYS, { StringEquals: { 'aws:userid': arn(TEAM) } }, 'allowed'),
  also('no ARN of a caller', GLOBAL_KEYS, { Null: { 'aws:PrincipalArn': 'true' } }, 'allowed'),
  also(
    'an ARN of a caller',
    GLOBAL_KEYS,
    { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } },
    'refused',
    ['unknown_condition_key'],
  ),
  also('the provider', GLOBAL_KEYS, { ArnEquals: { 'aws:FederatedProvider': arn(TEAM) } }, 'allowed'),
  also(
    'the providers of an account',
    GLOBAL_KEYS,
    { ArnLike: { 'aws:FederatedProvider': arn('*') } },
    'allowed',
  ),
  also(
    'a star over a colon',
    OPERATORS,
    { ArnLike: { 'aws:FederatedProvider': 'arn:*:oidc-provider/*' } },
    'refused',
    ['value_differs'],
  ),
  also('another provider', GLOBAL_KEYS, { ArnNotEquals: { 'aws:FederatedProvider': arn(TEAM) } }, 'refused', [
    'value_differs',
  ]),
  also(
    'no service of AWS',
    GLOBAL_KEYS,
    { BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } },
    'allowed',
  ),
  also('a service of AWS', GLOBAL_KEYS, { Bool: { 'aws:PrincipalIsAWSService': 'true' } }, 'refused', [
    'value_differs',
  ]),

  also('a claim without a key', KEYS, { StringEquals: { [`${TEAM}:project_id`]: 'prj_shop' } }, 'refused', [
    'claim_has_no_key',
  ]),
  also(
    'a claim without a key, if it exists',
    KEYS,
    { StringEqualsIfExists: { [`${TEAM}:project_id`]: 'prj_other' } },
    'allowed',
    ['admits_absent_key'],
  ),
  also(
    'a claim without a key, not equal',
    KEYS,
    { StringNotEquals: { [`${TEAM}:environment`]: 'preview' } },
    'allowed',
    ['admits_absent_key'],
  ),
  also(
    'a claim without a key, all values',
    SETS,
    { 'ForAllValues:StringEquals': { [`${TEAM}:environment`]: 'preview' } },
    'allowed',
    ['admits_absent_key'],
  ),
  also('a claim without a key, absent', OPERATORS, { Null: { [`${TEAM}:environment`]: 'true' } }, 'allowed'),
  also('a claim without a key, present', VERSITY, { Null: { [`${TEAM}:environment`]: 'false' } }, 'refused', [
    'claim_has_no_key',
  ]),
  also('a subject that is present', VERSITY, { Null: { [SUB]: 'false' } }, 'allowed'),
  also('a subject that is absent', OPERATORS, { Null: { [SUB]: 'true' } }, 'refused', [
    'value_differs',
    'conditions_are_anded',
  ]),
  also(
    'an address of a person',
    KEYS,
    { StringEquals: { [`${TEAM}:email`]: 'a@example.com' } },
    'allowed',
    [],
    { token: { claims: { email: 'a@example.com' } } },
  ),
  also(
    'methods of authentication',
    SETS,
    { 'ForAnyValue:StringEquals': { [AMR]: 'authenticated' } },
    'allowed',
    [],
    { token: { claims: { amr: ['authenticated', 'vercel'] } } },
  ),
  also(
    'all methods of authentication',
    SETS,
    { 'ForAllValues:StringEquals': { [AMR]: ['authenticated', 'vercel'] } },
    'allowed',
    [],
    { token: { claims: { amr: ['authenticated', 'vercel'] } } },
  ),
  also(
    'not all methods of authentication',
    SETS,
    { 'ForAllValues:StringEquals': { [AMR]: ['vercel'] } },
    'refused',
    ['value_differs'],
    { token: { claims: { amr: ['authenticated', 'vercel'] } } },
  ),
  also(
    'methods under a plain operator',
    SETS,
    { StringEquals: { [AMR]: 'authenticated' } },
    'refused',
    ['multivalued_key'],
    { token: { claims: { amr: ['authenticated', 'vercel'] } } },
  ),
  also(
    'one method under a plain operator',
    SETS,
    { StringEquals: { [AMR]: 'authenticated' } },
    'refused',
    ['multivalued_key'],
    { token: { claims: { amr: ['authenticated'] } } },
  ),
  also(
    'methods under a negated operator',
    SETS,
    { StringNotEquals: { [AMR]: 'other' } },
    'refused',
    ['multivalued_key'],
    { token: { claims: { amr: ['authenticated'] } } },
  ),
  also('methods that are there', VERSITY, { Null: { [AMR]: 'false' } }, 'allowed', [], {
    token: { claims: { amr: ['mfa'] } },
  }),
  also(
    'an authorized party',
    KEYS,
    { StringEquals: { [`${TEAM}:oaud`]: 'https://api.example' } },
    'allowed',
    [],
    {
      identityProvider: { Url: TEAM, ClientIDList: [AUDIENCE] },
      token: { audience: 'https://api.example', claims: { azp: AUDIENCE } },
    },
  ),
  also(
    'the roles of the token',
    'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html',
    { Bool: { 'sts:RoleAuthorizedByIdp': 'true' } },
    'allowed',
    [],
    { token: { claims: { [roles]: [SHOP_ROLE] } } },
  ),
  also(
    'no roles in the token',
    'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html',
    { Bool: { 'sts:RoleAuthorizedByIdp': 'true' } },
    'refused',
    ['value_differs'],
  ),

  also(
    'a variable for the session name',
    VARIABLES,
    {
      StringLike: {
        [AUD]: AUDIENCE,
        [SUB]: 'owner:acme:project:${sts:RoleSessionName}:environment:production',
      },
    },
    'allowed',
    [],
    { roleSessionName: 'shop' },
  ),
  also('a variable without value', VARIABLES, { StringEquals: { [SUB]: '${aws:PrincipalArn}' } }, 'refused', [
    'subject_differs',
    'conditions_are_anded',
  ]),
  also(
    'a variable with a default',
    VARIABLES,
    { StringEquals: { [AUD]: `\${${TEAM}:email, '${AUDIENCE}'}` } },
    'allowed',
  ),
  also(
    'a star that is meant',
    VARIABLES,
    { StringLike: { [AUD]: AUDIENCE, [SUB]: 'owner:${*}:project:shop:environment:production' } },
    'refused',
    ['team_differs'],
  ),
  also('two operators for one key', LOGIC, { StringEquals: { [SUB]: PREVIEW } }, 'refused', [
    'environment_differs',
    'conditions_are_anded',
  ]),

  whole(
    'a Deny for previews',
    EVALUATION,
    [statement(EXACT), statement({ StringEquals: { [SUB]: PREVIEW } }, { Effect: 'Deny' })],
    'allowed',
  ),
  whole(
    'a Deny for this one',
    VERSITY,
    [statement(EXACT), statement({ StringEquals: { [SUB]: PRODUCTION } }, { Effect: 'Deny' })],
    'refused',
    ['explicit_deny'],
  ),
  whole(
    'a Deny for a session name',
    VERSITY,
    [statement(EXACT), statement({ StringEquals: { 'sts:RoleSessionName': 'shop' } }, { Effect: 'Deny' })],
    'refused',
    ['explicit_deny'],
    { roleSessionName: 'shop' },
  ),
  whole(
    'a Deny for another session name',
    VERSITY,
    [statement(EXACT), statement({ StringEquals: { 'sts:RoleSessionName': 'blog' } }, { Effect: 'Deny' })],
    'allowed',
    [],
    { roleSessionName: 'shop' },
  ),
  whole(
    'a Deny for another provider',
    VERSITY,
    [
      statement(EXACT),
      statement(undefined, { Effect: 'Deny', Principal: { Federated: arn('other.example') } }),
    ],
    'allowed',
  ),
  whole(
    'a Deny for everyone',
    EVALUATION,
    [statement(EXACT), statement(undefined, { Effect: 'Deny', Principal: '*' })],
    'refused',
    ['explicit_deny'],
  ),
  whole(
    'a Deny for every principal of AWS',
    PRINCIPALS,
    [statement(EXACT), statement(undefined, { Effect: 'Deny', Principal: { AWS: '*' } })],
    'allowed',
  ),
  whole(
    'the second statement',
    VERSITY,
    [statement(EXACT, { Principal: { Federated: arn('other.example') } }), statement(EXACT)],
    'allowed',
  ),
  whole(
    'two providers in one statement',
    PRINCIPALS,
    [statement(EXACT, { Principal: { Federated: [arn('other.example'), arn(TEAM)] } })],
    'allowed',
  ),
  whole(
    'a provider and an account',
    PRINCIPALS,
    [statement(EXACT, { Principal: { Federated: arn(TEAM), AWS: ACCOUNT } })],
    'allowed',
  ),
  whole('a wildcard in the action', VERSITY, [statement(EXACT, { Action: 'sts:AssumeRole*' })], 'allowed'),
  whole(
    'the action in other letters',
    VERSITY,
    [statement(EXACT, { Action: 'STS:ASSUMEROLEWITHWEBIDENTITY' })],
    'allowed',
  ),
  whole(
    'a letter of the action',
    VERSITY,
    [statement(EXACT, { Action: 'sts:AssumeRoleWithWebIdentit?' })],
    'allowed',
  ),
  whole('the action of a role', VERSITY, [statement(EXACT, { Action: 'sts:AssumeRole' })], 'refused', [
    'wrong_action',
  ]),
  whole('session tags alone', RECORDED, [statement(EXACT, { Action: 'sts:TagSession' })], 'refused', [
    'wrong_action',
  ]),
  whole('every action of STS', RECORDED, [statement(EXACT, { Action: 'sts:*' })], 'invalid', [
    'malformed_policy',
  ]),
  whole(
    'every action',
    'https://github.com/versity/versitygw/blob/main/iamapi/policy/trust_test.go',
    [statement(EXACT, { Action: '*' })],
    'invalid',
    ['malformed_policy'],
  ),
  whole('a Sid with a space', SID, [statement(EXACT, { Sid: 'for vercel' })], 'invalid', [
    'malformed_policy',
  ]),
  whole('a Sid of letters and digits', SID, [statement(EXACT, { Sid: 'ForVercel1' })], 'allowed'),
  whole('two empty Sids', SID, [statement(EXACT, { Sid: '' }), statement(EXACT, { Sid: '' })], 'allowed'),
];
