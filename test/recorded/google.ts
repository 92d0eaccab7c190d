// Longer than 300 lines: one table, of what Google's two token services answer.

import type { RecordedResponse } from './recorded-response.js';

export interface GoogleResponse extends RecordedResponse {
  readonly step: 'token-exchange' | 'impersonation';
}

const EMAIL = 'app@my-project.iam.gserviceaccount.com';
const ISSUER = 'https://oidc.vercel.com/acme';
const SUBJECT = 'owner:acme:project:shop:environment:production';
const TROUBLE = 'docs:cloud.google.com/iam/docs/troubleshooting-workload-identity-federation';
const REASONS = 'docs:googleapis google/api/error_reason.proto';
/** The two fixes that are wrong wherever no binding and no condition is the cause. */
const GRANT = /workloadIdentityUser|attribute condition/;

type Wanted = Pick<RecordedResponse, 'code' | 'retry' | 'hint' | 'retriesAtMost' | 'not' | 'emulated'>;
type Text = RecordedResponse['text'];

const never = (code: RecordedResponse['code'], ...hint: (string | RegExp)[]): Wanted => ({
  code,
  retry: 'never',
  hint,
});

/** RFC 6749, section 5.2, as the security token service sends it. */
const sts = (
  error: string,
  description: string,
  source: string,
  wanted: Wanted,
  text: Text = 'recorded',
  status = 400,
): GoogleResponse => ({
  step: 'token-exchange',
  name: `${error}: ${description.slice(0, 70)}`,
  status,
  body: { error, error_description: description },
  source,
  text,
  ...wanted,
});

interface Rpc {
  readonly status: number;
  readonly canonical: string;
  readonly message: string;
  readonly details?: readonly object[];
}

/** google.rpc.Status as JSON. */
const rpc = (
  step: GoogleResponse['step'],
  { status, canonical, message, details }: Rpc,
  source: string,
  wanted: Wanted,
  text: Text = 'recorded',
): GoogleResponse => ({
  step,
  name: `${step}, ${status} ${canonical}: ${message.slice(0, 60)}`,
  status,
  body: {
    error: { code: status, message, status: canonical, ...(details === undefined ? {} : { details }) },
  },
  source,
  text,
  ...wanted,
});

const errorInfo = (reason: string, domain: string, metadata: object = {}): object => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain,
  metadata,
});

/** A reason of Google's own list, at the step where it would be met; the message is not the reason. */
const reason = (
  step: GoogleResponse['step'],
  name: string,
  hint: string | RegExp,
  status = 403,
): GoogleResponse => ({
  ...rpc(
    step,
    {
      status,
      canonical: status === 401 ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED',
      message: `Refused for the reason ${name.toLowerCase()}.`,
      details: [errorInfo(name, 'googleapis.com')],
    },
    REASONS,
    { ...never('access_denied', hint), not: GRANT },
    'documented',
  ),
  name: `${step}, ${name}`,
});

const TOKEN_EXCHANGE: readonly GoogleResponse[] = [
  sts(
    'invalid_grant',
    'The audience in ID Token [https://vercel.com/acme] does not match the expected audience.',
    'github: live-recorded table of STS refusals (wrong aud)',
    {
      ...never('audience_mismatch', 'https://vercel.com/acme', 'allowed audiences'),
      emulated: 'another audience',
    },
  ),
  sts(
    'invalid_grant',
    'The issuer in ID Token https://oidc.vercel.com does not match the expected one in config: https://oidc.vercel.com/acme.',
    'github: live-recorded table of STS refusals (wrong iss)',
    { ...never('issuer_mismatch', ISSUER, 'global mode'), emulated: 'another issuer' },
  ),
  sts(
    'invalid_grant',
    'ID Token issued at 1713260741 is stale to sign-in.',
    'github: gcloud logs; docs:config-sync known issues',
    {
      code: 'subject_token_expired',
      retry: 'fresh-subject',
      hint: ['vercel env pull'],
      emulated: 'an expired token',
    },
  ),
  sts('invalid_grant', "Error connecting to the given credential's issuer.", TROUBLE, {
    code: 'unavailable',
    retry: 'now',
    retriesAtMost: 2,
    hint: [ISSUER, 'could not fetch the keys', 'upload the current ones'],
    emulated: 'an unreachable issuer',
  }),
  sts(
    'invalid_grant',
    "Error connecting to the given credential's issuer.",
    'docs:gke fleet workload identity, malformed JWKS',
    {
      code: 'unavailable',
      retry: 'now',
      retriesAtMost: 2,
      hint: ['upload the current ones'],
      emulated: 'an unpublished key',
    },
  ),
  sts(
    'invalid_grant',
    'Unable to verify the ID Token signature.',
    'github: live-recorded table of STS refusals (different key, same kid)',
    { ...never('token_rejected', 'could not verify the token'), emulated: 'a changed payload' },
  ),
  sts(
    'invalid_grant',
    'Unable to parse the ID Token.',
    'github: identity platform fixtures of public projects',
    {
      ...never('token_rejected', 'could not verify the token'),
      emulated: 'no JWT',
    },
  ),
  sts(
    'unauthorized_client',
    'The given credential is rejected by the attribute condition.',
    'github:terraform-google-modules/terraform-example-foundation#1362',
    {
      ...never('subject_not_allowed', 'attribute condition', SUBJECT),
      emulated: 'a condition that is false',
    },
  ),
  sts(
    'unauthorized_client',
    "The mapped attribute 'google.subject' must be of type STRING.",
    'github:google-github-actions/auth#378',
    { ...never('subject_not_allowed', 'attribute mapping'), emulated: 'a subject that is no text' },
  ),
  sts(
    'unauthorized_client',
    "The mapped attribute 'google.groups' must be of type LIST.",
    'none: by the form of google.subject',
    never('subject_not_allowed', 'attribute mapping'),
    'guessed',
  ),
  sts(
    'unauthorized_client',
    'Could not obtain a value for google.subject from the given credential.',
    TROUBLE,
    { ...never('subject_not_allowed', 'attribute mapping'), emulated: 'no subject' },
    'documented',
  ),
  sts(
    'invalid_request',
    'The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.',
    TROUBLE,
    { ...never('subject_not_allowed', '127 bytes', 'characters'), emulated: 'a long subject' },
  ),
  sts(
    'invalid_request',
    'Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.',
    'github:google-github-actions/auth#211',
    {
      ...never('invalid_request', 'projectNumber (the number, not the id)'),
      emulated: 'an audience that is no name',
    },
  ),
  sts(
    'invalid_target',
    'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
    'github:google-github-actions/auth#161',
    { ...never('target_not_found', 'workloadIdentityPoolProviderId'), emulated: 'an unknown provider' },
  ),
  sts(
    'invalid_scope',
    'Invalid OAuth scope or ID token audience provided.',
    'docs:rfc/6749 section 5.2',
    never('invalid_request', 'full URLs'),
    'documented',
  ),
  sts(
    'quota_exceeded',
    'The request was throttled due to rate limit: sts.googleapis.com/requests. Please retry after a few seconds.',
    `${TROUBLE}, error 429`,
    { code: 'throttled', retry: 'now', hint: [] },
    'documented',
    429,
  ),
  rpc(
    'token-exchange',
    {
      status: 403,
      canonical: 'PERMISSION_DENIED',
      message:
        'Security Token Service API has not been used in project 123456789012 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/sts.googleapis.com/overview?project=123456789012 then retry.',
      details: [errorInfo('SERVICE_DISABLED', 'googleapis.com', { service: 'sts.googleapis.com' })],
    },
    REASONS,
    { ...never('access_denied', 'gcloud services enable sts.googleapis.com'), not: GRANT },
    'documented',
  ),
  rpc(
    'token-exchange',
    {
      status: 403,
      canonical: 'PERMISSION_DENIED',
      message:
        "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: zvW4mQKV6irg5Nm25Div",
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.PreconditionFailure',
          violations: [{ type: 'VPC_SERVICE_CONTROLS', description: 'zvW4mQKV6irg5Nm25Div' }],
        },
        errorInfo('SECURITY_POLICY_VIOLATED', 'googleapis.com', { uid: 'zvW4mQKV6irg5Nm25Div' }),
      ],
    },
    'docs:cloud.google.com/vpc-service-controls/docs/troubleshooting',
    { ...never('access_denied', 'perimeter'), not: GRANT },
  ),
  rpc(
    'token-exchange',
    { status: 401, canonical: 'UNAUTHENTICATED', message: 'Request had invalid authentication credentials.' },
    'docs:google.rpc.Code UNAUTHENTICATED',
    never('token_rejected', 'could not verify'),
    'documented',
  ),
  rpc(
    'token-exchange',
    { status: 500, canonical: 'INTERNAL', message: 'Internal error encountered.' },
    'docs:google.rpc.Code INTERNAL',
    { code: 'unavailable', retry: 'now', hint: [] },
    'documented',
  ),
  rpc(
    'token-exchange',
    { status: 503, canonical: 'UNAVAILABLE', message: 'The service is currently unavailable.' },
    'docs:google.rpc.Code UNAVAILABLE',
    { code: 'unavailable', retry: 'now', hint: [] },
    'documented',
  ),
  rpc(
    'token-exchange',
    {
      status: 504,
      canonical: 'DEADLINE_EXCEEDED',
      message: 'Deadline expired before operation could complete.',
    },
    'docs:google.rpc.Code DEADLINE_EXCEEDED',
    { code: 'unavailable', retry: 'now', hint: [] },
    'documented',
  ),
  {
    step: 'token-exchange',
    name: 'the page of the front end for a path that no API has',
    status: 404,
    body: '<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>',
    source: 'docs:google front end, error page',
    text: 'documented',
    ...never('target_not_found', 'Check `stsEndpoint`'),
  },
];

const IMPERSONATION: readonly GoogleResponse[] = [
  rpc(
    'impersonation',
    {
      status: 403,
      canonical: 'PERMISSION_DENIED',
      message: "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
      details: [
        errorInfo('IAM_PERMISSION_DENIED', 'iam.googleapis.com', {
          permission: 'iam.serviceAccounts.getAccessToken',
        }),
      ],
    },
    'github:google-github-actions/auth#340',
    { ...never('access_denied', 'roles/iam.workloadIdentityUser', EMAIL, SUBJECT), emulated: 'no binding' },
  ),
  rpc(
    'impersonation',
    { status: 403, canonical: 'PERMISSION_DENIED', message: 'The caller does not have permission' },
    'github:google-github-actions/auth#189',
    never('access_denied', 'roles/iam.workloadIdentityUser'),
  ),
  rpc(
    'impersonation',
    {
      status: 403,
      canonical: 'PERMISSION_DENIED',
      message:
        'IAM Service Account Credentials API has not been used in project 123456789012 before or it is disabled.',
      details: [
        errorInfo('SERVICE_DISABLED', 'googleapis.com', { service: 'iamcredentials.googleapis.com' }),
      ],
    },
    'docs:google-github-actions/auth TROUBLESHOOTING',
    { ...never('access_denied', 'gcloud services enable iamcredentials.googleapis.com'), not: GRANT },
  ),
  rpc(
    'impersonation',
    {
      status: 403,
      canonical: 'PERMISSION_DENIED',
      message:
        'IAM Service Account Credentials API has not been used in project 123456789012 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/iamcredentials.googleapis.com/overview?project=123456789012 then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.',
    },
    'github:google/kctf#194',
    {
      ...never('access_denied', 'gcloud services enable iamcredentials.googleapis.com', 'serverMessage'),
      not: GRANT,
    },
  ),
  rpc(
    'impersonation',
    {
      status: 403,
      canonical: 'PERMISSION_DENIED',
      message:
        'This API method requires billing to be enabled. Please enable billing on project #123456789012 by visiting https://console.developers.google.com/billing/enable?project=123456789012 then retry. If you enabled billing for this project recently, wait a few minutes for the action to propagate to our systems and retry.',
      details: [
        errorInfo('BILLING_DISABLED', 'googleapis.com', {
          service: 'vision.googleapis.com',
          consumer: 'projects/123456789012',
        }),
      ],
    },
    'github:GoogleCloudPlatform/php-docs-samples#1235',
    { ...never('access_denied', 'link a billing account'), not: GRANT },
  ),
  rpc(
    'impersonation',
    {
      status: 403,
      canonical: 'PERMISSION_DENIED',
      message: 'Project acme-prod (#123456789012) has billing disabled. Please enable it.',
    },
    'github:GoogleCloudPlatform/java-docs-samples#276',
    { ...never('access_denied', 'link a billing account'), not: GRANT },
  ),
  rpc(
    'impersonation',
    {
      status: 403,
      canonical: 'PERMISSION_DENIED',
      message:
        "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: zvW4mQKV6irg5Nm25Div",
    },
    'github: public reports of VPC Service Controls without details',
    { ...never('access_denied', 'perimeter'), not: GRANT },
  ),
  rpc(
    'impersonation',
    {
      status: 404,
      canonical: 'NOT_FOUND',
      message: 'Not found; Gaia id not found for email app@my-project.iam.gserviceaccount.com',
    },
    'docs:cloud.google.com/iam/docs, impersonation of a deleted account',
    { ...never('target_not_found', 'GCP_SERVICE_ACCOUNT_EMAIL'), emulated: 'an unknown account' },
    'documented',
  ),
  rpc(
    'impersonation',
    { status: 400, canonical: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
    'docs:google.rpc.Code INVALID_ARGUMENT',
    { ...never('invalid_request', 'scopes'), emulated: 'an unknown scope' },
    'documented',
  ),
  rpc(
    'impersonation',
    {
      status: 401,
      canonical: 'UNAUTHENTICATED',
      message:
        'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
    },
    'docs:google.rpc.Code UNAUTHENTICATED',
    never('token_rejected', 'stsEndpoint'),
    'documented',
  ),
  rpc(
    'impersonation',
    {
      status: 429,
      canonical: 'RESOURCE_EXHAUSTED',
      message:
        "Quota exceeded for quota metric 'Generate credentials requests' and limit 'Generate credentials requests per minute' of service 'iamcredentials.googleapis.com'.",
      details: [errorInfo('RATE_LIMIT_EXCEEDED', 'googleapis.com')],
    },
    'docs:cloud.google.com/iam/quotas',
    { code: 'throttled', retry: 'now', hint: [] },
    'documented',
  ),
  rpc(
    'impersonation',
    { status: 409, canonical: 'ABORTED', message: 'The operation was aborted.' },
    'docs:google.rpc.Code ABORTED',
    never('invalid_request', 'Check `iamCredentialsEndpoint`'),
    'documented',
  ),
  rpc(
    'impersonation',
    { status: 500, canonical: 'INTERNAL', message: 'Internal error encountered.' },
    'docs:google.rpc.Code INTERNAL',
    { code: 'unavailable', retry: 'now', hint: [] },
    'documented',
  ),
  rpc(
    'impersonation',
    { status: 503, canonical: 'UNAVAILABLE', message: 'The service is currently unavailable.' },
    'docs:google.rpc.Code UNAVAILABLE',
    { code: 'unavailable', retry: 'now', hint: [] },
    'documented',
  ),
  {
    step: 'impersonation',
    name: 'a timeout of a proxy',
    status: 408,
    body: '',
    source: 'docs:rfc/9110 section 15.5.9',
    text: 'documented',
    code: 'timeout',
    retry: 'now',
    hint: [],
  },
];

const BY_REASON: readonly (readonly [string, string | RegExp, number?])[] = [
  ['BILLING_DISABLED', 'billing account'],
  ['USER_PROJECT_DENIED', 'serviceUsageConsumer'],
  ['CONSUMER_SUSPENDED', 'suspended'],
  ['CONSUMER_INVALID', 'GCP_PROJECT_NUMBER'],
  ['RESOURCE_PROJECT_INVALID', 'GCP_PROJECT_NUMBER'],
  ['GCP_SUSPENDED', 'billing account'],
  ['ACCOUNT_STATE_INVALID', 'disabled or deleted', 401],
  ['USER_BLOCKED_BY_ADMIN', 'administrator'],
  ['ACCESS_TOKEN_SCOPE_INSUFFICIENT', '`scopes`'],
  ['ACCESS_TOKEN_TYPE_UNSUPPORTED', 'GCP_SERVICE_ACCOUNT_EMAIL', 401],
  ['ORG_RESTRICTION_VIOLATION', 'X-Goog-Allowed-Resources'],
  ['LOCATION_ORG_POLICY_VIOLATED', 'location policy'],
  ['LOCATION_POLICY_VIOLATED', 'location policy'],
  ['RESOURCE_USAGE_RESTRICTION_VIOLATED', 'restrictServiceUsage'],
  ['SECURITY_POLICY_VIOLATED', 'perimeter'],
];

export const GOOGLE: readonly GoogleResponse[] = [
  ...TOKEN_EXCHANGE,
  ...IMPERSONATION,
  ...(['token-exchange', 'impersonation'] as const).flatMap((step) =>
    BY_REASON.map(([name, hint, status]) => reason(step, name, hint, status)),
  ),
];
