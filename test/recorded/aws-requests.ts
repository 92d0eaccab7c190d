// Longer than 300 lines: one table, of what STS answers to a request.

/** What STS answers to a request that it refuses for itself, and when it can't answer. */

import { ROLE, never, stsError } from './aws-tokens.js';
import type { Wanted } from './aws-tokens.js';
import type { RecordedResponse } from './recorded-response.js';

const API = 'docs:sts/API_AssumeRoleWithWebIdentity';
const COMMON = 'docs:sts/CommonErrors';
const VERSITY = 'github:versity/versitygw:iamapi/controller_test.go';

const row = (
  name: string,
  status: number,
  code: string,
  message: string,
  source: string,
  wanted: Wanted,
  text: RecordedResponse['text'] = source.startsWith('docs:')
    ? 'documented'
    : source === VERSITY
      ? 'implemented'
      : 'recorded',
): RecordedResponse => ({
  name: `${code}: ${name}`,
  status,
  body: stsError(code, message),
  source,
  text,
  ...wanted,
});

const MAXIMUM = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
const TOO_LONG: Wanted = never('invalid_request', '`durationSeconds`', 'Set a smaller value', ROLE);
/** A limit of the parameter itself: no role allows more. */
const PARAMETER: Wanted = {
  ...never('invalid_request', '`roleSessionName`', '`durationSeconds`'),
  not: /raise the maximum/,
};
const invalid = (constraint: string): string => `1 validation error detected: ${constraint}`;
const DISABLED = (account: string) =>
  `STS is not activated in this region for account:${account}. Your account administrator can activate STS in this region using the IAM Console.`;
const REGION: Wanted = never('region_disabled', 'Activate', '123456789012');
const PACKED: Wanted = never('invalid_request', 'too large once packed');
const unavailable: Wanted = { code: 'unavailable', retry: 'now', hint: [] };
const throttled: Wanted = { code: 'throttled', retry: 'now', hint: ['limits the requests'] };
const plain = (code: RecordedResponse['code']): Wanted => ({ code, retry: 'never', hint: [] });

export const AWS_REQUESTS: readonly RecordedResponse[] = [
  row('a session of nine hours', 400, 'ValidationError', MAXIMUM, 'github:kreuzwerker/awsu#27', TOO_LONG),
  row(
    'twelve hours where one role allows one',
    400,
    'ValidationError',
    MAXIMUM,
    'github:ruimarinho/gsts#13',
    TOO_LONG,
  ),
  row('by SAML', 400, 'ValidationError', MAXIMUM, 'github:Nike-Inc/gimme-aws-creds#54', TOO_LONG),
  row('two hours by web identity', 400, 'ValidationError', MAXIMUM, VERSITY, {
    ...TOO_LONG,
    emulated: 'a duration beyond the role',
  }),
  row(
    'a session name with a space',
    400,
    'ValidationError',
    invalid(
      "Value 'bad session!!' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    ),
    VERSITY,
    { ...PARAMETER, emulated: 'a bad session name' },
  ),
  row(
    'a session name of 65 characters',
    400,
    'ValidationError',
    invalid(
      "Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64",
    ),
    'github:youyo/awslogin#20',
    PARAMETER,
  ),
  row(
    'no token',
    400,
    'ValidationError',
    invalid("Value at 'webIdentityToken' failed to satisfy constraint: Member must not be null"),
    VERSITY,
    PARAMETER,
  ),
  row(
    'a token of two characters',
    400,
    'ValidationError',
    invalid(
      "Value at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to 4",
    ),
    VERSITY,
    PARAMETER,
  ),
  row(
    '100 seconds',
    400,
    'ValidationError',
    invalid(
      "Value '100' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    ),
    VERSITY,
    { ...PARAMETER, emulated: 'a duration too short' },
  ),
  row(
    '50,000 seconds',
    400,
    'ValidationError',
    invalid(
      "Value '50000' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
    ),
    VERSITY,
    { ...PARAMETER, emulated: 'a duration too long' },
  ),
  row(
    'no role',
    400,
    'ValidationError',
    "2 validation errors detected: Value '' at 'roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+; Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
    'github:mmmorris1975/aws-runas#80',
    { ...PARAMETER, emulated: 'no role' },
  ),

  row(
    'a new account',
    403,
    'RegionDisabledException',
    DISABLED('01234567890'),
    'github:org-formation/org-formation-cli#465',
    REGION,
  ),
  row(
    'us-west-2',
    403,
    'RegionDisabledException',
    DISABLED('01234567890'),
    'github:spinnaker/swabbie#666',
    REGION,
  ),
  row(
    'us-east-2',
    403,
    'RegionDisabledException',
    DISABLED('123456789012'),
    'github:turbot/steampipe-plugin-aws#1510',
    {
      ...REGION,
      emulated: 'a region that is switched off',
    },
  ),
  row('a stack', 403, 'RegionDisabledException', DISABLED('XYZ'), 'github:aws/aws-cdk#11474', REGION),

  row(
    'tags of a pod',
    400,
    'PackedPolicyTooLargeException',
    'Packed size of session tags consumes 112% of allotted space.',
    'github:aws/containers-roadmap#2413',
    {
      ...PACKED,
    },
  ),
  row(
    'tags of a workflow',
    400,
    'PackedPolicyTooLargeException',
    'Packed size of session tags consumes 142% of allotted space.',
    'github:aws-actions/configure-aws-credentials#1803',
    PACKED,
  ),
  row(
    'nine tags',
    400,
    'PackedPolicyTooLarge',
    'Packed size of session tags consumes 498% of allotted space.',
    'github:aws-actions/configure-aws-credentials#1898',
    {
      ...PACKED,
      emulated: 'tags that are too large',
    },
  ),
  row(
    'a session policy',
    400,
    'PackedPolicyTooLarge',
    'Packed policy consumes 118% of allotted space, please use smaller policy.',
    'github:apache/polaris#3243',
    {
      ...PACKED,
      emulated: 'a session policy that is too large',
    },
  ),

  row(
    'by the reference',
    400,
    'MalformedPolicyDocument',
    'The policy document was malformed.',
    API,
    never('invalid_request', 'session `policy`'),
  ),
  row(
    'by the reference',
    400,
    'PackedPolicyTooLarge',
    'The total packed size of the session policies and session tags combined was too large.',
    API,
    PACKED,
  ),
  row(
    'by the reference',
    403,
    'RegionDisabled',
    'AWS STS is not activated in the requested region for the account that is being asked to generate credentials.',
    API,
    REGION,
  ),
  row(
    'by the reference',
    400,
    'ExpiredTokenException',
    'The web identity token that was passed is expired or is not valid.',
    API,
    {
      code: 'subject_token_expired',
      retry: 'fresh-subject',
      hint: ['vercel env pull'],
    },
  ),
  row(
    'by the reference',
    403,
    'IDPRejectedClaim',
    'The identity provider (IdP) reported that authentication failed.',
    API,
    never('token_rejected', 'https://oidc.vercel.com/acme'),
  ),
  row(
    'by the reference',
    400,
    'IDPCommunicationError',
    'The request could not be fulfilled because the identity provider (IDP) that was asked to verify the incoming identity token could not be reached.',
    API,
    {
      code: 'unavailable',
      retry: 'now',
      hint: ['could not fetch the keys'],
    },
  ),
  row(
    'by the reference',
    400,
    'InvalidIdentityToken',
    'The web identity token that was passed could not be validated by AWS.',
    API,
    never('token_rejected', 'https://oidc.vercel.com/acme'),
  ),

  row(
    'by the reference',
    400,
    'ThrottlingException',
    'The request was denied due to request throttling.',
    COMMON,
    throttled,
  ),
  row('of an IAM role', 400, 'Throttling', 'Rate exceeded', 'github:aws-amplify/amplify-cli#13687', {
    ...throttled,
    emulated: 'too many requests',
  }),
  row(
    'by the reference',
    500,
    'InternalFailure',
    'The request processing has failed because of an unknown error, exception or failure.',
    COMMON,
    {
      ...unavailable,
      emulated: 'a failure of the service',
    },
  ),
  row(
    'by the reference',
    503,
    'ServiceUnavailable',
    'The request has failed due to a temporary failure of the server.',
    COMMON,
    {
      ...unavailable,
      emulated: 'a service that is not there',
    },
  ),
  row(
    'by the reference',
    403,
    'OptInRequired',
    'The AWS access key ID needs a subscription for the service.',
    COMMON,
    plain('access_denied'),
  ),
  row(
    'by the reference',
    400,
    'RequestExpired',
    'The request reached the service more than 15 minutes after the date stamp on the request.',
    COMMON,
    plain('invalid_request'),
  ),
  row(
    'by the reference',
    403,
    'IncompleteSignature',
    'The request signature does not conform to AWS standards.',
    COMMON,
    plain('access_denied'),
  ),
  row(
    'an unsigned request to a gateway',
    403,
    'MissingAuthenticationToken',
    'Request is missing Authentication Token',
    'github:mulgadc/spinifex#272',
    plain('access_denied'),
  ),
  row(
    'an old version',
    400,
    'InvalidAction',
    'Could not find operation AssumeRoleWithWebIdentity for version 2010-05-08',
    VERSITY,
    {
      ...plain('invalid_request'),
      emulated: 'an old version',
    },
  ),
  row(
    'unknown words',
    400,
    'InvalidIdentityToken',
    'Token signature invalid',
    'github:none',
    never('token_rejected', 'https://oidc.vercel.com/acme'),
    'guessed',
  ),
  row(
    'unknown words of a beginning',
    403,
    'AccessDenied',
    'Not authorized to perform sts:TagSession',
    'github:none',
    never('access_denied', ROLE),
    'guessed',
  ),
];
